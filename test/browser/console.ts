import { Secret } from '../../src/model/secret.ts';
import { createSignInLink } from '../../src/app/api-keys.ts';
import type { App } from '../../src/app/open.ts';
import { SYSTEM } from '../../src/app/system.ts';
import { listen } from '../../src/server/listen.ts';
import { createServer } from '../../src/server/server.ts';
import { simulate, type Simulation } from '../../src/sim/index.ts';
import { openTestApp } from '../server/served-kippu.ts';
import { freePort } from '../support/free-port.ts';

/** Kippu and the simulated X, each on a port of its own, as a person's browser meets them. */
export interface Console extends AsyncDisposable {
  readonly url: string;
  readonly app: App;
  readonly x: Simulation;
  signInLink(): Promise<string>;
}

export async function startConsole(): Promise<Console> {
  const x = await simulate('x');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = await openTestApp({ outside: SYSTEM, publicUrl: url, baseUrl: x.url });
  const server = createServer(app, { localKey: new Secret('not-used-here'), version: '1.2.3' });
  const listening = await listen(server, { host: '127.0.0.1', port });
  return {
    url,
    app,
    x,
    signInLink: () => createSignInLink(app),
    async [Symbol.asyncDispose]() {
      await listening.close();
      await app.close();
      await x.close();
    },
  };
}
