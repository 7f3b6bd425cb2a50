import type { Config } from '../app/config.ts';
import { KippuError } from '../model/errors.ts';
import type { Local } from './api/with-api.ts';
import type { Cli } from './cli.ts';

/**
 * Where no server runs, this process takes the browser back itself, at the very address that is registered at the
 * provider. Throws `conflict` where that address is taken, saying what to do.
 */
export async function listenForCallback(
  { server }: Local,
  config: Config,
  cli: Cli,
): Promise<{ close(): Promise<void> }> {
  const { connect: texts } = cli.texts;
  const { listen } = await import('../server/listen.ts');
  const { protocol, port: publicPort } = new URL(config.publicUrl);
  const isBehindProxy = protocol === 'https:';
  if (isBehindProxy) cli.say(texts.needsProxy(config.publicUrl, `${config.host}:${config.port}`));
  const port = isBehindProxy ? config.port : Number(publicPort === '' ? 80 : publicPort);
  try {
    return await listen(await server(), { host: config.host, port });
  } catch (cause) {
    if (isInUse(cause)) throw new KippuError('conflict', texts.portTaken(config.host, port), { cause });
    throw cause;
  }
}

/** Whether that is what happened, under whatever it was reported as. */
function isInUse(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'EADDRINUSE') return true;
  }
  return false;
}
