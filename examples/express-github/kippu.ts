import type { Request, Response } from 'express';
import { createKippu } from 'kippu';
import { github } from 'kippu/providers';
import { sqlite } from 'kippu/sqlite';
import { randomUUID } from 'node:crypto';

const { PORT = '3000', KIPPU_HOME = '.kippu', ...env } = process.env;
export const origin = `http://127.0.0.1:${PORT}`;

/** One for the process. The GitHub App's callback URL is this `publicUrl` with `/callback/github` behind it. */
export const kippu = createKippu({
  publicUrl: `${origin}/accounts`,
  returnUrls: [`${origin}/connected`],
  store: sqlite(`${KIPPU_HOME}/express-github.db`),
  home: KIPPU_HOME,
  providers: [
    github({
      clientId: env['KIPPU_GITHUB_CLIENT_ID'] ?? '',
      clientSecret: env['KIPPU_GITHUB_CLIENT_SECRET'],
      baseUrl: env['KIPPU_GITHUB_BASE_URL'],
    }),
  ],
});

/** Your application knows who is signed in to it. This one has no accounts: a user is whoever has this cookie. */
export function userOf(req: Request, res: Response): string {
  const user = /(?:^|; )user=([0-9a-f-]{36})(?:;|$)/.exec(req.headers.cookie ?? '')?.[1] ?? randomUUID();
  res.cookie('user', user, { httpOnly: true, sameSite: 'lax', maxAge: 365 * 86_400_000 });
  return user;
}
