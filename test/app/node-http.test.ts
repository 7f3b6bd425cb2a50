import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { nodeHttp } from '../../src/app/ports/node-http.ts';
import type { HttpAnswer, HttpRequest } from '../../src/model/http.ts';

const TIMEOUT_MS = 300;
/** Longer than the socket gives in one piece. */
const LONG_ANSWER_BYTES = 180_000;

describe('the HTTP client of a process that was stopped', () => {
  it('reads the answer that came meanwhile, although the time for it is over', async () => {
    const answer = await sendAndStandStill({ bytes: 2000, forMs: 3 * TIMEOUT_MS });
    assert.equal(answer.kind, 'answered');
    assert.ok(answer.kind === 'answered' && answer.complete);
  });

  it('reads it whole, also where the socket gives it in pieces', async () => {
    const answer = await sendAndStandStill({ bytes: LONG_ANSWER_BYTES, forMs: 3 * TIMEOUT_MS });
    assert.ok(answer.kind === 'answered' && answer.complete);
    assert.equal(answer.body.length, LONG_ANSWER_BYTES);
  });

  it('still gives up on an answer that did not come', async () => {
    const answer = await sendAndStandStill({ bytes: 0, forMs: 3 * TIMEOUT_MS });
    assert.deepEqual(answer, { kind: 'unanswered', cause: 'timeout', detail: `no answer within ${TIMEOUT_MS} ms` });
  });
});

describe('a request with a header that HTTP cannot carry', () => {
  const headers = [{ authorization: 'Bearer a\nb' }, { authorization: 'Bearer 日本' }, { 'x note': 'a' }];
  for (const header of headers) {
    it(`is not sent, and says so: ${JSON.stringify(header)}`, async () => {
      const heard: Buffer[] = [];
      const server = createServer((socket) => {
        socket.on('data', (bytes) => heard.push(bytes));
        socket.on('error', () => undefined);
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const closed = once(server, 'connection').then(([socket]) => once(socket, 'close'));
      const answer = await nodeHttp.send({ ...requestTo((server.address() as AddressInfo).port), headers: header });
      assert.ok(answer.kind === 'not_sent');
      assert.equal(answer.cause, 'unsendable');
      assert.ok(!answer.detail.includes('Bearer'), answer.detail);
      await closed;
      assert.deepEqual(heard, []);
      server.close();
    });
  }
});

/** Sends to a server in another thread, and lets this one do nothing at all from the moment at which it was sent. */
async function sendAndStandStill({
  bytes,
  forMs,
}: {
  readonly bytes: number;
  readonly forMs: number;
}): Promise<HttpAnswer> {
  const server = new Worker(SERVER, { eval: true, workerData: bytes });
  try {
    const [port] = (await once(server, 'message')) as [number];
    return await nodeHttp.send(requestTo(port), {
      sent: () => {
        // After the bytes have really left, which is a turn of the event loop later.
        setImmediate(() => setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs)));
      },
    });
  } finally {
    await server.terminate();
  }
}

function requestTo(port: number): HttpRequest {
  return {
    method: 'POST',
    url: `http://127.0.0.1:${port}/`,
    headers: {},
    body: 'grant_type=refresh_token',
    connectTimeoutMs: 5000,
    answerTimeoutMs: TIMEOUT_MS,
    bodyBytesMax: 1_000_000,
  };
}

/** Answers with so many bytes; with none, it never answers. */
const SERVER = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (workerData > 0) response.end('x'.repeat(workerData));
    });
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;
