import { createHash } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose';
import { auth0Data } from '../../src/providers/data/auth0.ts';
import { controlsOf, Simulator, type Journal, type SettingsPatch } from '../../src/sim/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { seededRandom, sendInto, type Answer } from './sim-world.ts';

export const CLIENT = { id: 'an-app', secret: 'a-secret' };
export const NATIVE = { id: 'a-native-app' };
export const REDIRECT = 'http://127.0.0.1:4180/callback/auth0';
export const VERIFIER = 'a-verifier-that-is-long-enough-for-the-rfc-to-be-content';
export const API = 'https://api.acme.example';
export const AS_APP = { client_id: CLIENT.id, client_secret: CLIENT.secret };

export type Fields = Readonly<Record<string, string>>;

export class Tenant {
  readonly clock = new VirtualClock();
  readonly simulator: Simulator;
  readonly controls: ReturnType<typeof controlsOf>;
  readonly send: ReturnType<typeof sendInto>;

  constructor(settings: SettingsPatch = {}, journal?: Journal) {
    const { clock } = this;
    const random = seededRandom();
    this.simulator = new Simulator({
      provider: auth0Data,
      clock,
      random,
      settings,
      journal,
      clients: [CLIENT, NATIVE],
    });
    this.controls = controlsOf(this.simulator);
    this.send = sendInto(this.simulator);
  }

  code(user = 'alice', params: Fields = {}): string {
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT.id,
      redirect_uri: REDIRECT,
      state: 'a-state',
      scope: 'openid profile read:things offline_access',
      code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    });
    const back = this.controls.consent(`https://tenant.eu.auth0.com/authorize?${query.toString()}`, { user });
    return new URL(back).searchParams.get('code') ?? '';
  }

  post(path: string, form: Fields, headers: Fields = {}): Promise<Answer> {
    const type = 'application/x-www-form-urlencoded';
    return this.send('POST', path, { 'content-type': type, ...headers }, new URLSearchParams(form).toString());
  }

  token(form: Fields, headers: Fields = {}): Promise<Answer> {
    return this.post('/oauth/token', form, headers);
  }

  exchange(code: string, changed: Fields = {}): Promise<Answer> {
    const form = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: VERIFIER };
    return this.token({ ...AS_APP, ...form, ...changed });
  }

  async connect(user = 'alice', params: Fields = {}): Promise<Answer['json']> {
    return (await this.exchange(this.code(user, params))).json;
  }

  renew(refreshToken: string, form: Fields = {}): Promise<Answer> {
    return this.token({ ...AS_APP, grant_type: 'refresh_token', refresh_token: refreshToken, ...form });
  }

  userInfo(accessToken: string): Promise<Answer> {
    return this.send('GET', '/userinfo', { authorization: `Bearer ${accessToken}` });
  }

  async keys(): Promise<JSONWebKeySet> {
    return (await this.send('GET', '/.well-known/jwks.json', {})).json;
  }

  async isSigned(token: string): Promise<boolean> {
    const keys = createLocalJWKSet(await this.keys());
    return jwtVerify(token, keys, { currentDate: new Date(this.clock.nowMs()) }).then(
      () => true,
      () => false,
    );
  }
}

/** Status and body together, as the table of errors has them. */
export function said({ status, json }: Answer): readonly [number, string, string | undefined] {
  return [status, json.error, json.error_description];
}

export const DEAD = [403, 'invalid_grant', 'Unknown or invalid refresh token.'] as const;
