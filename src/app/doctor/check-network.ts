import { createServer } from 'node:net';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import type { HttpClient } from '../../model/http.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import type { Config } from '../config.ts';
import { findRunningServer } from '../running-server.ts';
import type { Finding } from './finding.ts';

const TOLERANCE_MS = 30 * SECOND_MS;
const PATIENCE_MS = 5 * SECOND_MS;
const BODY_BYTES_MAX = 64 * 1024;

/** Our clock against the one of each token endpoint: a wrong one makes living tokens look dead and dead ones living. */
export async function checkClocks(
  apps: readonly ProviderApp[],
  ports: { readonly http: HttpClient; readonly clock: Clock },
): Promise<Finding[]> {
  const origins = [
    ...new Set(apps.map(({ endpoints }) => new URL(endpoints.token === '' ? endpoints.api : endpoints.token).origin)),
  ];
  return Promise.all(origins.map((origin) => checkClock(origin, ports)));
}

async function checkClock(
  origin: string,
  { http, clock }: { readonly http: HttpClient; readonly clock: Clock },
): Promise<Finding> {
  const { host } = new URL(origin);
  const answer = await http.send({
    method: 'GET',
    url: `${origin}/`,
    headers: {},
    connectTimeoutMs: PATIENCE_MS,
    answerTimeoutMs: PATIENCE_MS,
    bodyBytesMax: BODY_BYTES_MAX,
  });
  if (answer.kind !== 'answered') {
    return { kind: 'clock_not_compared', level: 'skipped', host, why: `${answer.cause}: ${answer.detail}` };
  }
  const theirsMs = Date.parse(answer.headers['date'] ?? '');
  if (Number.isNaN(theirsMs)) return { kind: 'clock_not_compared', level: 'skipped', host, why: 'no Date header' };
  const aheadMs = clock.nowMs() - theirsMs;
  const isGood = Math.abs(aheadMs) <= TOLERANCE_MS;
  return isGood
    ? { kind: 'clock_good', level: 'ok', host, aheadMs }
    : { kind: 'clock_off', level: 'problem', host, aheadMs };
}

/** Whether our server listens, or could. */
export async function checkPort({ rootHome, host, port }: Config): Promise<Finding> {
  const server = findRunningServer(rootHome);
  if (server !== undefined) {
    return { kind: 'server_running', level: 'ok', url: server.url, pid: server.pid, version: server.version };
  }
  const refusal = await tryToListen(host, port);
  if (refusal === undefined) return { kind: 'port_free', level: 'ok', host, port };
  if (refusal === 'EADDRINUSE') return { kind: 'port_taken', level: 'problem', host, port };
  return { kind: 'port_unusable', level: 'problem', host, port, error: refusal };
}

function tryToListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? error.name);
    });
    server.listen(port, host, () => {
      server.close(() => {
        resolve(undefined);
      });
    });
  });
}
