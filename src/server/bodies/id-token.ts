import * as z from 'zod';
import type { GoodIdToken } from '../../app/id-tokens.ts';
import { described, instant, instantOf } from '../schema.ts';

export const idTokenSchema = described(
  z.strictObject({
    id_token: z.string(),
    claims: described(
      z.record(z.string(), z.unknown()),
      'What it says, after its checks. `iat` is when it was issued; `auth_time`, when the user last signed in, which no renewal changes.',
    ),
    expires_at: instant,
  }),
  { id: 'IdToken' },
);

export function idTokenJson({ idToken, claims }: GoodIdToken): z.input<typeof idTokenSchema> {
  return { id_token: idToken.reveal(), claims: { ...claims.all }, expires_at: instantOf(claims.expiresAtMs) };
}
