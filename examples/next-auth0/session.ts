import { auth0 } from 'kippu/providers';
import { createSession, KippuError, type ErrorCode } from 'kippu/session';
import { sqlite } from 'kippu/sqlite';

const { PORT = '3000', KIPPU_HOME = '.kippu', ...env } = process.env;
export const origin = `http://127.0.0.1:${PORT}`;

/** Next.js loads this file more than once. What all of them share is the ledger: a file, never `'memory'`. */
export const session = createSession({
  publicUrl: origin,
  keys: env['KIPPU_KEYS'],
  ledger: sqlite(`${KIPPU_HOME}/sessions.db`),
  home: KIPPU_HOME,
  providers: [
    auth0({
      domain: env['KIPPU_AUTH0_DOMAIN'],
      baseUrl: env['KIPPU_AUTH0_BASE_URL'],
      clientId: env['KIPPU_AUTH0_CLIENT_ID'] ?? '',
      clientSecret: env['KIPPU_AUTH0_CLIENT_SECRET'],
      audience: env['KIPPU_AUTH0_AUDIENCE'] ?? 'https://api.example.com',
    }),
  ],
});

/** What went wrong, for those that show it. What is no error of Kippu is a mistake of ours. */
export function codeOf(error: unknown): ErrorCode {
  if (error instanceof KippuError) return error.code;
  throw error;
}
