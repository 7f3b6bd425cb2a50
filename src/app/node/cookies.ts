import type { NodeResponse } from './response.ts';

/**
 * Adds `Set-Cookie` lines to a response that has not begun, and keeps those that it has.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { appendCookies } from 'kippu/node';
 *
 * createServer((req, res) => {
 *   appendCookies(res, ['seen=1; Path=/; HttpOnly']);
 *   res.end('hello');
 * });
 * ```
 */
export function appendCookies(res: NodeResponse, setCookies: readonly string[]): void {
  if (setCookies.length === 0) return;
  const present = res.getHeader('set-cookie');
  const kept = present === undefined ? [] : Array.isArray(present) ? present : [String(present)];
  res.setHeader('set-cookie', [...kept, ...setCookies]);
}
