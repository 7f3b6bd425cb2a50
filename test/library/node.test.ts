import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  request as sendRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { appendCookies, sendResponse, toNodeHandler, toRequest, type WebHandler } from '../../src/node.ts';

type Listener = (req: IncomingMessage, res: ServerResponse) => void;

class Serving implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async of(listener: Listener): Promise<Serving> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Serving(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Bytes as they are; what comes back until the connection ends. */
  async raw(text: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.write(text);
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    return answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const echo: WebHandler = async (request) =>
  Response.json({
    method: request.method,
    url: request.url,
    body: await request.text(),
    cookie: request.headers.get('cookie'),
  });

test('an address comes from the socket or the option, whatever the Host header and the target say', async () => {
  await using serving = await Serving.of(toNodeHandler((request) => new Response(request.url)));
  const { origin } = serving;
  const targets = [
    ['GET /a?b=1 HTTP/1.1\r\nHost: evil.example', `${origin}/a?b=1`],
    ['GET /a HTTP/1.1\r\nHost: evil.example/x?y#', `${origin}/a`],
    ['GET /a HTTP/1.0', `${origin}/a`],
    ['GET //evil.example/a HTTP/1.1\r\nHost: h', `${origin}//evil.example/a`],
    ['GET http://evil.example/a?b HTTP/1.1\r\nHost: h', `${origin}/a?b`],
    ['OPTIONS * HTTP/1.1\r\nHost: h', `${origin}/`],
  ] as const;
  for (const [head, url] of targets) {
    const answer = await serving.raw(`${head}\r\nConnection: close\r\n\r\n`);
    assert.ok(answer.includes(`\r\n\r\n${url}`) || answer.includes(`\r\n${url}\r\n`), `${head} gave ${answer}`);
  }
  await using behind = await Serving.of(
    toNodeHandler((request) => new Response(request.url), { origin: 'https://app.example/' }),
  );
  assert.equal(await (await fetch(`${behind.origin}/a?b=1`)).text(), 'https://app.example/a?b=1');
});

test('below a mount path the whole address counts', async () => {
  await using serving = await Serving.of((req, res) => {
    // As Express does below app.use('/auth', …).
    Object.assign(req, { originalUrl: req.url, url: req.url?.replace('/auth', '') });
    toNodeHandler((request) => new Response(new URL(request.url).pathname))(req, res);
  });
  assert.equal(await (await fetch(`${serving.origin}/auth/callback/x`)).text(), '/auth/callback/x');
});

test('several cookies stay several, beside those that the framework has set', async () => {
  await using serving = await Serving.of((req, res) => {
    res.setHeader('set-cookie', 'framework=1');
    const response = new Response('ok');
    response.headers.append('set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT');
    response.headers.append('set-cookie', 'b=2');
    toNodeHandler(() => response)(req, res);
  });
  const { headers } = await fetch(serving.origin);
  assert.deepEqual(headers.getSetCookie(), ['framework=1', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2']);
});

test('cookies are added to a response of one’s own', async () => {
  await using serving = await Serving.of((_req, res) => {
    appendCookies(res, []);
    appendCookies(res, ['a=1']);
    appendCookies(res, ['b=2', 'c=3']);
    res.end();
  });
  assert.deepEqual((await fetch(serving.origin)).headers.getSetCookie(), ['a=1', 'b=2', 'c=3']);
});

test('HEAD gets the headers and no body, and 204 none either', async () => {
  let cancelled = 0;
  const body = () => new ReadableStream({ cancel: () => void (cancelled += 1) });
  await using serving = await Serving.of(
    toNodeHandler((request) =>
      request.method === 'HEAD'
        ? new Response(body(), { headers: { 'x-told': 'yes', 'content-length': '5' } })
        : new Response(null, { status: 204 }),
    ),
  );
  const head = await fetch(serving.origin, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('x-told'), await head.text()], [200, 'yes', '']);
  assert.equal(cancelled, 1, 'whoever makes the body was not told');
  assert.equal((await fetch(serving.origin, { method: 'DELETE' })).status, 204);
});

test('a body is read as it comes, and the answer goes out before its end', async () => {
  await using serving = await Serving.of(
    toNodeHandler(
      (request) =>
        new Response(request.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream())),
    ),
  );
  const req = sendRequest(serving.origin, { method: 'POST' });
  req.write('first');
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  const [first] = (await once(res, 'data')) as [Buffer];
  assert.equal(String(first), 'first');
  req.end('second');
  assert.equal(String((await once(res, 'data'))[0]), 'second');
});

test('a body that is too long is a 413, said ahead or not', async () => {
  await using serving = await Serving.of(toNodeHandler(echo, { bodyBytesMax: 10 }));
  const exact = await fetch(serving.origin, { method: 'POST', body: '0123456789' });
  assert.equal(((await exact.json()) as { body: string }).body, '0123456789');
  const said = await fetch(serving.origin, { method: 'POST', body: '0123456789a' });
  assert.deepEqual([said.status, await said.text()], [413, 'This request is too long.']);
  const chunked = await serving.raw(
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n',
  );
  assert.match(chunked, /^HTTP\/1.1 413 /, 'nobody waits for the end of it');
});

test('a method that no web request has is a 405, and nobody’s error', async () => {
  const errors: unknown[] = [];
  await using bare = await Serving.of(toNodeHandler(echo));
  await using framework = await Serving.of((req, res) => {
    toNodeHandler(echo)(req, res, (error) => errors.push(error));
  });
  for (const serving of [bare, framework])
    assert.match(await serving.raw('TRACE /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'), /^HTTP\/1.1 405 /);
  assert.deepEqual(errors, []);
});

test('what is no response of a handler is a 500, and the server lives on', async () => {
  const read = new Response('once');
  await read.text();
  for (const wrong of [undefined, {}, 'text', read])
    for (const answer of [() => wrong, () => Promise.resolve(wrong)]) {
      await using serving = await Serving.of(toNodeHandler(answer as unknown as WebHandler));
      assert.equal((await fetch(serving.origin)).status, 500, inspect(wrong));
      assert.equal((await fetch(serving.origin)).status, 500);
    }
});

test('a handler that stops reading still answers', async () => {
  await using serving = await Serving.of(
    toNodeHandler(async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      return new Response('enough');
    }),
  );
  const answer = await serving.raw(
    'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 10\r\n\r\nfirst',
  );
  assert.match(answer, /^HTTP\/1.1 200 [^]*enough/);
});

test('a body that a framework has parsed is written out again', async () => {
  const cases = [
    ['application/json', '{"a":[1,2]}', { a: [1, 2] }, '{"a":[1,2]}'],
    ['application/x-www-form-urlencoded', 'a=1&a=2', { a: ['1', '2'], b: { c: 'd e' } }, 'a=1&a=2&b%5Bc%5D=d+e'],
    ['text/plain', 'text', 'text', 'text'],
    ['application/octet-stream', 'bytes', Buffer.from('bytes'), 'bytes'],
  ] as const;
  for (const [type, sent, parsed, seen] of cases) {
    await using serving = await Serving.of((req, res) => {
      req.resume().on('end', () => {
        Object.assign(req, { body: parsed });
        toNodeHandler(echo)(req, res);
      });
    });
    const answer = await fetch(serving.origin, { method: 'POST', headers: { 'content-type': type }, body: sent });
    assert.equal(((await answer.json()) as { body: string }).body, seen, type);
  }
});

test('an empty object that a framework leaves before it reads is no body', async () => {
  await using serving = await Serving.of((req, res) => {
    Object.assign(req, { body: {} });
    toNodeHandler(echo)(req, res);
  });
  const answer = await fetch(serving.origin, { method: 'POST', body: 'real' });
  assert.equal(((await answer.json()) as { body: string }).body, 'real');
});

test('a body that was read and not kept is said to be gone, not taken for empty', async () => {
  const errors: unknown[] = [];
  await using serving = await Serving.of((req, res) => {
    req.resume().on('end', () => {
      toNodeHandler(echo)(req, res, (error) => {
        errors.push(error);
        res.end('next');
      });
    });
  });
  assert.equal(await (await fetch(serving.origin, { method: 'POST', body: 'lost' })).text(), 'next');
  assert.match(String(errors[0]), /was read before Kippu saw it/);
});

test('a client that goes away aborts the signal, and nothing is written any more', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<Request>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  await using serving = await Serving.of(
    toNodeHandler(async (request) => {
      request.signal.addEventListener('abort', () => {
        abort();
      });
      begin(request);
      await aborted;
      return new Response('too late');
    }),
  );
  const req = sendRequest(serving.origin);
  req.on('error', () => undefined);
  req.end();
  assert.equal((await begun).signal.aborted, false);
  req.destroy();
  await aborted;
});

test('an answered request aborts nothing', async () => {
  const signals: AbortSignal[] = [];
  await using serving = await Serving.of(
    toNodeHandler((request) => {
      signals.push(request.signal);
      return new Response('ok');
    }),
  );
  await (await fetch(serving.origin)).text();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(signals[0]?.aborted, false);
});

test('an endless answer ends with its reader', async () => {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  const endless = (): Response =>
    new Response(
      new ReadableStream({
        pull: (controller) => {
          controller.enqueue(new Uint8Array(65_536));
        },
        cancel: () => {
          cancel();
        },
      }),
    );
  await using serving = await Serving.of(toNodeHandler(endless));
  const req = sendRequest(serving.origin);
  req.on('error', () => undefined);
  req.end();
  const [res] = (await once(req, 'response')) as [IncomingMessage];
  await once(res, 'data');
  req.destroy();
  await cancelled;
});

test('what a handler throws is told to nobody outside', async () => {
  const failing: WebHandler = () => Promise.reject(new Error('the secret of the database'));
  await using bare = await Serving.of(toNodeHandler(failing));
  const answer = await fetch(bare.origin);
  assert.deepEqual([answer.status, await answer.text()], [500, 'Something went wrong here.']);
  await using framework = await Serving.of((req, res) => {
    toNodeHandler(failing)(req, res, (error) => {
      res.statusCode = 502;
      res.end((error as Error).message);
    });
  });
  assert.deepEqual([(await fetch(framework.origin)).status], [502]);
});

test('half a body does not look like a whole one', async () => {
  const breaking = (): Response =>
    new Response(
      new ReadableStream({
        start: (controller) => {
          controller.enqueue(new Uint8Array(10));
        },
        pull: (controller) => {
          controller.error(new Error('broken'));
        },
      }),
    );
  await using serving = await Serving.of(toNodeHandler(breaking));
  await assert.rejects(async () => (await fetch(serving.origin)).arrayBuffer());
});

test('over HTTP/2 there are no pseudo headers, and none of a connection', async () => {
  const server = createHttp2Server(
    toNodeHandler(async (request) => {
      const names = [...request.headers.keys()].filter((name) => name.startsWith(':'));
      return Response.json([request.method, new URL(request.url).pathname, names, await request.text()], {
        headers: { connection: 'keep-alive', 'transfer-encoding': 'chunked', 'set-cookie': 'a=1' },
      });
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    const stream = client.request({ ':method': 'POST', ':path': '/callback/x?a', ':authority': 'evil.example' });
    const answered = once(stream, 'response');
    stream.end('hello');
    const [headers] = (await answered) as [Record<string, unknown>];
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    assert.deepEqual(JSON.parse(text), ['POST', '/callback/x', [], 'hello']);
    assert.deepEqual([headers[':status'], headers['set-cookie']], [200, ['a=1']]);
  } finally {
    client.destroy();
    server.close();
  }
});

test('toRequest and sendResponse do it by hand', async () => {
  await using serving = await Serving.of((req, res) => {
    const request = toRequest(req, { response: res });
    void sendResponse(new Response(request.headers.get('x-a'), { status: 418 }), res);
  });
  const answer = await fetch(serving.origin, { headers: { 'x-a': 'b' } });
  assert.deepEqual([answer.status, await answer.text()], [418, 'b']);
});
