import type { App } from '../app/open.ts';
import type { Gate, PlainScope } from './gate.ts';
import { strictHead } from './headers.ts';
import type { Hosts } from './hosts.ts';
import { JSON_TYPE, type Route } from './route.ts';

/** A GET over HTTP/1.1, as it came. */
export interface Asked {
  /** Path and query. */
  readonly target: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
}

/** A 200. */
export interface PlainAnswer {
  /** Names and values in turn. */
  readonly head: readonly string[];
  readonly body: string;
}

export interface AtOncePorts {
  readonly app: App;
  readonly hosts: Hosts;
  readonly gate: Gate;
  readonly routes: readonly Route[];
  /** The path of the public address, without a slash at its end. */
  readonly base: string;
  readonly isHttps: boolean;
}

interface Served {
  readonly pattern: RegExp;
  readonly scope: PlainScope;
  /** Of what is between braces in the path. */
  readonly names: readonly string[];
  readonly fromMemory: NonNullable<Route['fromMemory']>;
}

/** A path that was understood before. */
interface Known {
  readonly served: Served;
  readonly params: Readonly<Record<string, string>>;
}

/** A part of a path that everybody reads alike: no dots alone, no slash in disguise, nothing that is decoded twice. */
const PLAIN_PART = String.raw`(\w(?:[\w.:@~-]|%3A|%40)*)`;
const PATHS_MAX = 1000;

/**
 * Answers what can be answered from memory, before a router, schemas and promises have their turn. Who may see what is
 * asked of the same gate and the same use cases as on the whole way. What is not as plain as can be, what is refused and
 * what goes wrong gets no answer here: it goes the whole way, and that answers, or refuses.
 */
export class AtOnce {
  readonly #ports: AtOncePorts;
  readonly #served: readonly Served[];
  readonly #head: readonly string[];
  readonly #paths = new Map<string, Known>();

  constructor(ports: AtOncePorts) {
    this.#ports = ports;
    this.#served = ports.routes.flatMap(servedOf);
    this.#head = strictHead(JSON_TYPE, ports);
  }

  answer({ target, rawHeaders }: Asked): PlainAnswer | undefined {
    const known = this.#paths.get(target) ?? this.#understood(target);
    if (known === undefined) return undefined;
    const { app, hosts, gate } = this.#ports;
    const host = theOnly('host', rawHeaders);
    if (host === undefined || !hosts.hasSeen(host)) return undefined;
    const authorization = theOnly('authorization', rawHeaders);
    if (authorization === undefined) return undefined;
    const caller = gate.admitKnown(authorization, known.served.scope);
    if (caller === undefined) return undefined;
    const body = known.served.fromMemory({ app, caller, params: known.params });
    if (body === undefined) return undefined;
    this.#remember(target, known);
    return { head: [...this.#head, 'Content-Length', String(Buffer.byteLength(body))], body };
  }

  #understood(target: string): Known | undefined {
    const { base } = this.#ports;
    const path = base !== '' && target.startsWith(`${base}/`) ? target.slice(base.length) : target;
    for (const served of this.#served) {
      const found = served.pattern.exec(path);
      if (found === null) continue;
      const values = found.slice(1).map(decodeURIComponent);
      return { served, params: Object.fromEntries(served.names.map((name, at) => [name, values[at] ?? ''])) };
    }
    return undefined;
  }

  /** Only what was answered: nobody fills this who may not ask. */
  #remember(target: string, known: Known): void {
    if (this.#paths.has(target)) return;
    if (this.#paths.size >= PATHS_MAX) this.#paths.clear();
    this.#paths.set(target, known);
  }
}

function servedOf({ method, path, access, fromMemory }: Route): readonly Served[] {
  if (fromMemory === undefined) return [];
  if (method !== 'GET' || access === 'anyone' || access === 'monitor' || access === 'admin')
    throw new TypeError(`${method} ${path} cannot be answered from memory: it is no GET for a key with one scope.`);
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return [{ pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, PLAIN_PART)}$`), scope: access, names, fromMemory }];
}

/** A header that is there once; `undefined`: not at all, or more often. */
function theOnly(name: string, rawHeaders: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] ?? '';
    if (given.length !== name.length || given.toLowerCase() !== name) continue;
    if (value !== undefined) return undefined;
    value = rawHeaders[at + 1];
  }
  return value;
}
