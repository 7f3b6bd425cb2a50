import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import process from 'node:process';
import type { Bench } from '../measure/bench.ts';
import { isPostgres, type FilledStore } from './fill-store.ts';
import { CLIENT } from './provider.ts';

/** `kippu up`, as somebody runs it who has X configured. */
export interface RunningKippu {
  readonly url: string;
  readonly pid: number;
  /** From the start of the process until it says that it is ready. */
  readonly readyAfterMs: number;
  stop(): Promise<void>;
}

/** The environment of the command line on this store. Nothing of ours is in it. */
export function environmentOf({ database, home }: FilledStore, providerUrl: string, port: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    NO_COLOR: '1',
    KIPPU_DATABASE_URL: isPostgres(database) ? database : `sqlite:${database}`,
    KIPPU_HOME: home,
    KIPPU_PORT: String(port),
    KIPPU_X_CLIENT_ID: CLIENT.id,
    KIPPU_X_CLIENT_SECRET: CLIENT.secret,
    KIPPU_X_BASE_URL: providerUrl,
    KIPPU_LOG_LEVEL: 'error',
  };
}

export async function startKippu(bench: Bench, store: FilledStore, providerUrl: string): Promise<RunningKippu> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [bench.installed.command, 'up', '--no-sandbox'], {
    env: environmentOf(store, providerUrl, port),
    cwd: store.home,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let trouble = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (trouble += chunk));
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  bench.onEnd(stop);
  const first = await Promise.race([once(child.stdout, 'data'), ended.then(() => 'ended' as const)]);
  if (first === 'ended') throw new Error(`kippu up ended: ${trouble}`);
  const readyAfterMs = performance.now() - startedAtMs;
  child.stdout.resume();
  const url = `http://127.0.0.1:${port}`;
  const probe = await fetch(`${url}/healthz`);
  if (!probe.ok) throw new Error(`kippu up says that it is ready, and answers ${probe.status}`);
  return { url, pid: child.pid ?? 0, readyAfterMs, stop };
}

/** One command, from start to end. Throws when it fails. */
export function runKippu(bench: Bench, args: readonly string[], env: NodeJS.ProcessEnv): string {
  const done = spawnSync(process.execPath, [bench.installed.command, ...args], { env, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`kippu ${args.join(' ')} failed: ${done.stderr}`);
  return done.stdout.trim();
}

/** A key for the HTTP API with one scope. */
export function createKey(bench: Bench, scope: string, env: NodeJS.ProcessEnv): string {
  return runKippu(bench, ['api-keys', 'create', '--name', `bench ${scope}`, '--scope', scope], env);
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** In user and system mode together. Linux only: `undefined` elsewhere. */
export function cpuMsOf(pid: number): number | undefined {
  const fields = procFile(pid, 'stat')
    ?.replace(/^.*\) /s, '')
    .split(' ');
  if (fields === undefined) return undefined;
  const TICK_MS = 10;
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export interface ResidentMemory {
  readonly nowMb: number;
  readonly peakMb: number;
}

/** Linux only: `undefined` elsewhere. */
export function residentMemoryOf(pid: number): ResidentMemory | undefined {
  const status = procFile(pid, 'status');
  if (status === undefined) return undefined;
  const mb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { nowMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}

function procFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // No such file system, or no such process any more.
    return undefined;
  }
}
