import * as z from 'zod';
import { ERROR_CODES } from '../model/errors.ts';
import { STATUS_OF } from './problem.ts';
import type { Access, Route } from './route.ts';
import { described, SCHEMA_FACTS } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

/** The API's description, made of the very schemas that check what comes in. */
export function describeApi(
  routes: readonly Route[],
  { version, serverUrl }: { readonly version: string; readonly serverUrl: string },
): Json {
  const components = new Components();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operation(route, components);
  }
  const problem = components.use(problemSchema, 'output');
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kippu',
      version,
      description:
        'Keeps OAuth 2.0 tokens alive and puts them to work. Wherever the id of a connection stands, its name does too, as in `x:alice`.',
    },
    servers: [{ url: serverUrl }],
    paths,
    components: {
      schemas: components.all(),
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, `kpu_…`.' } },
      responses: {
        Problem: {
          description: 'What went wrong, by a stable `code`.',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
    },
  };
}

const problemSchema = described(
  z.looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(ERROR_CODES),
    where: described(z.string().optional(), 'Which part of the input.'),
    retry_after: described(z.number().int().optional(), 'Seconds.'),
    connect_url: described(z.string().optional(), 'Where the user can consent again.'),
  }),
  { id: 'Problem' },
);

function operation(route: Route, components: Components): Json {
  return {
    operationId: operationId(route),
    summary: route.summary,
    ...(route.access === 'anyone'
      ? { security: [] }
      : { security: [{ key: [] }], description: scopeText(route.access) }),
    parameters: [...pathParameters(route), ...queryParameters(route, components), ...headerParameters(route)],
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: components.use(route.body, 'input') } },
          },
        }),
    responses: { [String(route.status ?? 200)]: success(route, components), ...failures(route) },
  };
}

function scopeText(access: Access): string {
  return access === 'monitor' ? 'Scope: `admin`; none is needed on the machine itself.' : `Scope: \`${access}\`.`;
}

function operationId({ method, path }: Route): string {
  const words = path
    .replaceAll(/[{}]/g, '')
    .split(/[/.-]/)
    .filter((word) => word !== '' && word !== 'v1');
  return [method.toLowerCase(), ...words]
    .map((word, index) => (index === 0 ? word : word[0]?.toUpperCase() + word.slice(1)))
    .join('');
}

function pathParameters({ path }: Route): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function queryParameters({ query }: Route, components: Components): Json[] {
  if (query === undefined) return [];
  const schema = components.use(query, 'input') as {
    readonly properties?: Record<string, Json>;
    readonly required?: readonly string[];
  };
  return Object.entries(schema.properties ?? {}).map(([name, { description, ...form }]) => ({
    name,
    in: 'query',
    required: schema.required?.includes(name) ?? false,
    ...(description === undefined ? {} : { description }),
    schema: form,
  }));
}

function headerParameters({ headers = [] }: Route): Json[] {
  return headers.map(({ name, description }) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}

function success({ answer, types = [], method, path }: Route, components: Components): Json {
  const content = Object.fromEntries(types.map((type) => [type, {}]));
  const json = answer === undefined ? {} : { 'application/json': { schema: components.use(answer, 'output') } };
  return { description: `What ${method} ${path} answers with.`, content: { ...json, ...content } };
}

/** Every status that an error can have; which of them a call meets depends on the day. */
function failures(route: Route): Json {
  if (route.path === '/readyz') return { 503: success(route, new Components()) };
  const statuses = new Set<number>(route.access === 'anyone' ? [500] : Object.values(STATUS_OF));
  return Object.fromEntries(
    [...statuses].sort((a, b) => a - b).map((status) => [status, { $ref: '#/components/responses/Problem' }]),
  );
}

/** Named schemas, each described once. */
class Components {
  readonly #schemas: Record<string, unknown> = {};

  use(schema: z.ZodType, io: 'input' | 'output'): Json {
    const made = z.toJSONSchema(schema, { metadata: SCHEMA_FACTS, io, unrepresentable: 'any' });
    const { $defs = {}, $schema: _, ...form } = relocated(made);
    for (const [name, definition] of Object.entries($defs as Record<string, unknown>)) this.#schemas[name] = definition;
    const { id } = form as { readonly id?: string };
    if (id === undefined) return form;
    this.#schemas[id] = form;
    return { $ref: `#/components/schemas/${id}` };
  }

  all(): Json {
    return this.#schemas;
  }
}

function relocated(schema: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Record<
    string,
    unknown
  >;
}
