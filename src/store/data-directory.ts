import { closeSync, fstatSync, openSync, readFileSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { KippuError } from '../model/errors.ts';
import { hasIdForm, newId, type NodeId } from '../model/ids.ts';
import type { Random } from '../model/random.ts';
import { Secret } from '../model/secret.ts';
import { createFile, hasErrno, makeDirectory, replaceFile } from './durable-file.ts';

/** The running server, for the command line. */
export interface ServerRecord {
  readonly url: string;
  readonly pid: number;
  /** When that process started, as `ProcessIdentity` has it: process ids are used again. */
  readonly started: string;
  /** What lets the command line in. */
  readonly key: Secret;
  readonly version: string;
}

/** Opens the data directory of an installation, which it makes if need be. Throws `store_unavailable` if it cannot. */
export function openDataDirectory(path: string, random: Random): DataDirectory {
  return new DataDirectory(resolve(path), random);
}

/** `KIPPU_HOME`: the key ring, this node's id, the spool, where the server is, and the sandbox's own data directory. */
export class DataDirectory {
  readonly path: string;
  readonly keysPath: string;
  readonly spoolPath: string;
  readonly sandboxPath: string;
  readonly #nodeIdPath: string;
  readonly #serverPath: string;
  readonly #random: Random;

  constructor(path: string, random: Random) {
    this.path = path;
    this.keysPath = join(path, 'keys');
    this.spoolPath = join(path, 'spool');
    this.sandboxPath = join(path, 'sandbox');
    this.#nodeIdPath = join(path, 'node-id');
    this.#serverPath = join(path, 'server.json');
    this.#random = random;
    this.#orUnavailable(() => {
      makeDirectory(path);
    });
  }

  /** The text of the key ring. `undefined`: there is no file. Throws `invalid` for one that other users can read. */
  readKeys(): Secret | undefined {
    return this.#orUnavailable(() => {
      const file = readOrNone(this.keysPath);
      if (file === undefined) return undefined;
      refuseReadableByOthers(this.keysPath, file.mode);
      return new Secret(file.text.trim());
    });
  }

  /** Durable when it returns `true`. `false`: there is a key ring, perhaps since a moment; it stays. */
  createKeys(keys: Secret): boolean {
    return this.#orUnavailable(() => createFile({ file: this.keysPath, text: `${keys.reveal()}\n` }, this.#random));
  }

  /** The same for every process of this installation, for ever. */
  nodeId(): NodeId {
    return this.#orUnavailable(() => {
      if (readOrNone(this.#nodeIdPath) === undefined) {
        createFile({ file: this.#nodeIdPath, text: `${newId('nod', this.#random)}\n` }, this.#random);
      }
      const id = readOrNone(this.#nodeIdPath)?.text.trim() ?? '';
      if (hasIdForm('nod', id)) return id;
      throw new KippuError('invalid', `${this.#nodeIdPath} holds no node id. Remove the file: Kippu makes a new one.`, {
        where: this.#nodeIdPath,
      });
    });
  }

  writeServer(server: ServerRecord): void {
    const text = JSON.stringify({ ...server, key: server.key.reveal() });
    this.#orUnavailable(() => {
      replaceFile({ file: this.#serverPath, text: `${text}\n` }, this.#random);
    });
  }

  /** The server that runs, as far as anybody can tell. What a killed one left behind counts for nothing. */
  readServer(isGone: (server: ServerRecord) => boolean): ServerRecord | undefined {
    const text = this.#orUnavailable(() => readOrNone(this.#serverPath)?.text);
    const server = text === undefined ? undefined : parseServer(text);
    return server === undefined || isGone(server) ? undefined : server;
  }

  /** Does nothing when another server has come since. */
  removeServer({ pid, started }: Pick<ServerRecord, 'pid' | 'started'>): void {
    const current = this.readServer((server) => server.pid !== pid || server.started !== started);
    if (current === undefined) return;
    this.#orUnavailable(() => {
      unlinkSync(this.#serverPath);
    });
  }

  #orUnavailable<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!hasErrno(error)) throw error;
      throw new KippuError(
        'store_unavailable',
        `The data directory ${this.path} cannot be used (${error.code ?? ''} at ${error.path ?? this.path}). ` +
          'Let the user who runs Kippu read and write it, or set KIPPU_HOME to another one.',
        { cause: error },
      );
    }
  }
}

function readOrNone(path: string): { readonly text: string; readonly mode: number } | undefined {
  try {
    const fd = openSync(path, 'r');
    try {
      return { text: readFileSync(fd, 'utf8'), mode: fstatSync(fd).mode };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

const OTHERS = 0o077;

function refuseReadableByOthers(path: string, mode: number): void {
  // Windows keeps who may read a file elsewhere, and shows every file as readable.
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return;
  throw new KippuError(
    'invalid',
    `Other users of this machine may read the key ring ${path} (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 '${path}'. ` +
      'If somebody may have read it, add a new key in front and run `kippu vault rotate`.',
    { where: path },
  );
}

/** `undefined` for what is no record of a server: then there is none to be found. */
function parseServer(text: string): ServerRecord | undefined {
  const record = parseObject(text);
  const { url, pid, started, key, version } = record;
  if (typeof url !== 'string' || typeof pid !== 'number' || typeof started !== 'string') return undefined;
  if (typeof key !== 'string' || typeof version !== 'string') return undefined;
  return { url, pid, started, key: new Secret(key), version };
}

function parseObject(text: string): Partial<Record<keyof ServerRecord, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Somebody else's file, or a disk that lost its end: as good as none.
    return {};
  }
}
