import * as z from 'zod';
import type { Access } from '../../model/access-tokens.ts';
import { described, instant, instantOrNull } from '../schema.ts';

/** With the proxy, the only answers that stand for a token; this one alone holds it. */
export const tokenSchema = described(
  z.strictObject({
    access_token: z.string(),
    token_type: described(
      z.string(),
      '`DPoP`: bound to a key that stays here, and refused from anybody else; call the API through the proxy.',
    ),
    header: described(
      z.string().optional(),
      'Of an API key that is not sent as `Authorization: Bearer`: the name of the header that carries it, with `token_type` before it, if that is not `ApiKey`.',
    ),
    expires_at: described(instant.nullable(), '`null`: it does not end by time, or nobody knows.'),
    scopes: z.array(z.string()),
    version: described(z.number().int(), 'Grows with each renewal.'),
  }),
  { id: 'AccessToken' },
);

export function tokenJson(access: Access): z.input<typeof tokenSchema> {
  return {
    access_token: access.accessToken.reveal(),
    token_type: access.tokenType,
    ...(access.carrier === undefined ? {} : { header: access.carrier.header }),
    expires_at: instantOrNull(access.expiresAtMs),
    scopes: [...access.scopes],
    version: access.version,
  };
}

const texts = new WeakMap<Access, string>();

/** {@link tokenJson} as text, made once for as long as the token is handed out. */
export function tokenText(access: Access): string {
  const known = texts.get(access);
  if (known !== undefined) return known;
  const text = JSON.stringify(tokenJson(access));
  texts.set(access, text);
  return text;
}
