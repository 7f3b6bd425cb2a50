import { KippuError } from '../model/errors.ts';
import { isLoopback } from '../providers/provider-app.ts';
import type { Config } from './config.ts';
import type { App } from './open.ts';

/**
 * Refuses to serve an address that others can reach, unless they are meant to: keys and tokens would travel in the
 * clear without https, and without a key there is nobody who could be let in.
 *
 * Throws `misconfigured`, saying what is missing.
 */
export async function checkExposure(
  { host, publicUrl }: Pick<Config, 'host' | 'publicUrl'>,
  { store }: App,
): Promise<void> {
  if (isLoopbackAddress(host)) return;
  if (!publicUrl.startsWith('https:')) {
    throw new KippuError(
      'misconfigured',
      `Kippu does not listen on ${host} while its public address is ${publicUrl}: keys and tokens would travel unencrypted. ` +
        'Put a server with TLS in front and give its https address as KIPPU_PUBLIC_URL, or listen on 127.0.0.1.',
      { where: 'KIPPU_PUBLIC_URL' },
    );
  }
  const keys = await store.apiKeys.list();
  if (keys.some((key) => key.revokedAtMs === undefined)) return;
  throw new KippuError(
    'misconfigured',
    `Kippu does not listen on ${host} without an API key. Make one first: kippu api-keys create --name first --scope admin.`,
    { where: 'KIPPU_HOST' },
  );
}

/** Whether only this machine can reach it. A name other than `localhost` may lead anywhere. */
export function isLoopbackAddress(host: string): boolean {
  return isLoopback(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);
}
