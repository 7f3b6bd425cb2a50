import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

/**
 * The other side, in a process of its own and as quick as Node can be: a token endpoint that answers as X does, takes
 * each refresh token once, and counts. It is no test of anything; what it costs is in every contender's figure alike.
 */
const spent = new Set<string>();
const counts = { exchanges: 0, repeats: 0 };
const secret = randomBytes(24).toString('base64url');

const server = createServer((request, response) => {
  if (request.url === '/counts') {
    response.end(JSON.stringify(counts));
    return;
  }
  void readForm(request).then((form) => {
    const presented = form.get('refresh_token') ?? '';
    counts.exchanges += 1;
    const isRepeated = spent.has(presented);
    if (isRepeated) counts.repeats += 1;
    else spent.add(presented);
    const body = JSON.stringify(
      isRepeated
        ? { error: 'invalid_request', error_description: 'Value passed for the token was invalid.' }
        : answer(counts.exchanges),
    );
    response.writeHead(isRepeated ? 400 : 200, {
      'content-type': 'application/json;charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    response.end(body);
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());

/** As long as X's are. */
function answer(number: number): object {
  const tail = `${secret}${String(number).padStart(12, '0')}`;
  return {
    token_type: 'bearer',
    expires_in: 7200,
    access_token: `YWNjZXNz${tail.padEnd(82, 'a')}`,
    scope: 'tweet.read tweet.write users.read offline.access',
    refresh_token: `cmVmcmVzaA${tail.padEnd(80, 'r')}`,
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return new URLSearchParams(text);
}
