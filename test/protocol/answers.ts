import type { HttpAnswer } from '../../src/model/http.ts';

type Body = string | Uint8Array | Readonly<Record<string, unknown>>;

export type Answered = Extract<HttpAnswer, { kind: 'answered' }>;

/** An answer of a token endpoint: an object is JSON. */
export function answered(
  status: number,
  body: Body,
  more: Partial<Pick<Answered, 'headers' | 'complete'>> = {},
): Answered {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return { kind: 'answered', status, headers: {}, body: Buffer.from(text as string), complete: true, ...more };
}

/** As X answers. */
export const X_ANSWER = {
  token_type: 'bearer',
  expires_in: 7200,
  access_token: 'access-one',
  scope: 'tweet.read offline.access',
  refresh_token: 'refresh-two',
};
