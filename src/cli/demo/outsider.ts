import { createHash } from 'node:crypto';
import type { HttpAnswer, HttpClient } from '../../model/http.ts';
import { DEMO_CLIENT_ID } from './demo-config.ts';

const PATIENCE = { connectTimeoutMs: 5000, answerTimeoutMs: 10_000, bodyBytesMax: 65_536 };

export interface ProviderAnswer {
  readonly status: number;
  /** Of an error; empty otherwise. Only then it is printed: a good answer holds tokens. */
  readonly body: string;
  /** The `error` of an error. */
  readonly error: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Somebody who speaks to X past Kippu, as anybody can who has the token. */
export class Outsider {
  readonly #http: HttpClient;
  readonly #url: string;

  constructor(http: HttpClient, url: string) {
    this.#http = http;
    this.#url = url;
  }

  async presentRefreshToken(refreshToken: string): Promise<ProviderAnswer> {
    const answer = await this.#http.send({
      method: 'POST',
      url: `${this.#url}/2/oauth2/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        client_id: DEMO_CLIENT_ID,
      }).toString(),
      ...PATIENCE,
    });
    return read(answer);
  }

  /** Whose token it is; empty: X does not accept it. */
  async whoAmI(accessToken: string): Promise<{ readonly status: number; readonly user: string }> {
    const answer = await this.#http.send({
      method: 'GET',
      url: `${this.#url}/2/users/me`,
      headers: { authorization: `Bearer ${accessToken}` },
      ...PATIENCE,
    });
    const text = answer.kind === 'answered' ? Buffer.from(answer.body).toString('utf8') : '';
    return { status: statusOf(answer), user: /"username":"([^"]+)"/.exec(text)?.[1] ?? '' };
  }
}

/** A token's name that says nothing about its text. */
export function fingerprintText(token: string): string {
  return `${createHash('sha256').update(token).digest('hex').slice(0, 8)}...`;
}

function read(answer: HttpAnswer): ProviderAnswer {
  const text = answer.kind === 'answered' ? Buffer.from(answer.body).toString('utf8') : '';
  const field = (name: string): string => new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1] ?? '';
  const status = statusOf(answer);
  return {
    status,
    body: status < 400 ? '' : text,
    error: field('error'),
    accessToken: field('access_token'),
    refreshToken: field('refresh_token'),
  };
}

function statusOf(answer: HttpAnswer): number {
  return answer.kind === 'answered' ? answer.status : 0;
}
