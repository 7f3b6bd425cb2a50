import type { Logger } from 'pino';
import { KippuError } from '../../model/errors.ts';
import type { App } from '../open.ts';
import { handleConnect } from '../web/connect-routes.ts';
import { troublePage } from '../web/trouble-page.ts';

/**
 * The browser's side of connecting. A user is in front of it, so that whatever goes wrong is a page that says what he can
 * do; what it was is in the log.
 */
export async function handleRequest(
  request: Request,
  openApp: () => Promise<App>,
  log: Logger | undefined,
): Promise<Response> {
  try {
    return (await handleConnect(request, await openApp())) ?? troublePage('not_found', request);
  } catch (error) {
    log?.error({ err: error }, 'a request to the connect routes failed');
    return troublePage(error instanceof KippuError && error.retryable ? 'not_now' : 'broken', request);
  }
}
