import assert from 'node:assert/strict';
import { importConnection } from '../../src/connect/import.ts';
import type { ConnectionId } from '../../src/model/ids.ts';
import { Secret } from '../../src/model/secret.ts';
import { tokenRequest } from '../../src/protocol/token-request.ts';
import { openTokens } from '../../src/renewal/open-tokens.ts';
import { ProcessLife } from './process-life.ts';
import type { World } from './world.ts';

/** Somebody who copied the refresh token of a connection as it is now, and the app's credentials with it. */
export async function copyToken(world: World, id: ConnectionId): Promise<Thief> {
  const { ports, look } = world.node();
  const credential = await look.credentials.read(id);
  assert.ok(credential !== undefined);
  const { refreshToken } = openTokens({ credential, app: world.app }, ports);
  assert.ok(refreshToken !== undefined);
  return new Thief(world, refreshToken);
}

export class Thief {
  readonly #world: World;
  token: Secret;

  constructor(world: World, token: Secret) {
    this.#world = world;
    this.token = token;
  }

  /** Presents the token at the provider; keeps the new one. */
  async renew(): Promise<number> {
    const http = this.#world.provider.http('thief', new ProcessLife(), () => ({}));
    const answer = await this.#world.until(
      http.send(tokenRequest(this.#world.app, { kind: 'refresh_token', refreshToken: this.token }, 1000)),
    );
    assert.equal(answer.kind, 'answered');
    if (answer.kind !== 'answered') return 0;
    if (answer.status === 200) this.token = new Secret(JSON.parse(Buffer.from(answer.body).toString()).refresh_token);
    return answer.status;
  }

  /** Brings the token to Kippu, as if it were his own. */
  bring(): Promise<unknown> {
    return importConnection(
      {
        app: this.#world.app,
        owner: 'mallory',
        name: 'mine',
        accessToken: undefined,
        refreshToken: this.token,
        idToken: undefined,
        accessExpiresAtMs: undefined,
        refreshExpiresAtMs: undefined,
        scopes: undefined,
        subject: undefined,
      },
      this.#world.node().connect,
    );
  }
}
