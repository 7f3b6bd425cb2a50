import type * as z from 'zod';
import type { ApiScope } from '../model/api-key-store.ts';
import type { Caller } from '../app/api-keys.ts';
import type { App } from '../app/open.ts';
import type { Worker } from '../app/worker.ts';
import type { EventStreams } from './event-streams.ts';
import { strictResponse } from './headers.ts';
import { parseBody, parseQuery, readJson } from './input.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** Who is let in: a scope (`admin` has them all), `monitor` (an admin, or somebody on this very machine), or anyone. */
export type Access = ApiScope | 'monitor' | 'anyone';

/** What a request is served with. */
export interface Context {
  readonly app: App;
  readonly version: string;
  readonly worker: Worker | undefined;
  readonly streams: EventStreams;
  readonly request: Request;
  readonly url: URL;
  /** From the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** For a route that is open to anyone: nobody. */
  readonly caller: Caller;
  /** Asks again whether the caller may still come in; throws as at the door. */
  readonly readmit: () => Promise<void>;
}

/** Of an answer with data. */
export const JSON_TYPE = { 'content-type': 'application/json' };

export interface Call<Query, Body> extends Context {
  readonly query: Query;
  readonly body: Body;
}

export interface RouteSpec<Query extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType> {
  readonly method: Method;
  /** As OpenAPI writes it: `/v1/connections/{id}`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly query?: Query;
  readonly body?: Body;
  readonly headers?: readonly { readonly name: string; readonly description: string }[];
  readonly status?: 200 | 201;
  /** What is answered with; absent: not JSON, and the route renders it itself. */
  readonly answer?: Answer;
  /** Media types of an answer that is not (only) JSON. */
  readonly types?: readonly string[];
  /**
   * What {@link run} would answer to a call without a query, as JSON, where all that it takes is in memory; `undefined`
   * says nothing but that {@link run} must be asked.
   */
  fromMemory?(call: Pick<Context, 'app' | 'caller' | 'params'>): string | undefined;
  /** Parses nothing and decides nothing: one use case, and its rendering. */
  run(call: Call<z.output<Query>, z.output<Body>>): Promise<z.input<Answer> | Response>;
}

export interface Route extends Omit<RouteSpec<z.ZodObject, z.ZodType, z.ZodType>, 'run'> {
  serve(context: Context): Promise<Response>;
}

/** A route as data: what serves it, checks it and describes it are three readers of the same object. */
export function route<Query extends z.ZodObject, Body extends z.ZodType, Answer extends z.ZodType>(
  spec: RouteSpec<Query, Body, Answer>,
): Route {
  const { query, body, status = 200 } = spec;
  return {
    ...spec,
    async serve(context) {
      const call = {
        ...context,
        query: (query === undefined ? {} : parseQuery(query, context.url)) as z.output<Query>,
        body: (body === undefined ? undefined : parseBody(body, await readJson(context.request))) as z.output<Body>,
      };
      const answer = await spec.run(call);
      return answer instanceof Response ? answer : json(answer, { status });
    },
  };
}

export function json(
  value: unknown,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return strictResponse(JSON.stringify(value), { status, headers: { ...JSON_TYPE, ...headers } });
}
