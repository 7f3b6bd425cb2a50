import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { nodeHttp } from '../../src/app/ports/node-http.ts';
import type { HttpRequest } from '../../src/model/http.ts';
import { addressRules } from '../../src/notify/webhook/addresses.ts';
import { errorOf } from '../vault/rings.ts';

const rules = addressRules([]);

describe('a webhook may go', () => {
  for (const url of [
    'https://app.example/hook',
    'https://app.example:8443/hook?a=b',
    'https://93.184.216.34/',
    'https://[2606:2800:220:1:248:1893:25c8:1946]/',
    'http://127.0.0.1:3000/hook',
    'http://localhost:3000/',
    'http://[::1]:3000/',
    'https://localhost/',
  ])
    it(`to ${url}`, () => {
      assert.equal(rules.check(url).href, new URL(url).href);
    });
});

describe('a webhook may not go', () => {
  for (const [url, why] of [
    ['nonsense', /not a URL/],
    ['ftp://app.example/', /unencrypted/],
    ['http://app.example/', /unencrypted/],
    ['http://localhost.app.example/', /unencrypted/],
    ['https://user:password@app.example/', /user name or password/],
    ['https://10.0.0.7/', /private network/],
    ['https://172.31.255.255/', /private network/],
    ['https://192.168.1.1/', /private network/],
    ['https://169.254.169.254/latest/meta-data', /private network/],
    ['https://100.64.0.1/', /private network/],
    ['https://0.0.0.0/', /private network/],
    ['https://[::]/', /private network/],
    ['https://[::ffff:10.0.0.7]/', /private network/],
    ['https://[::ffff:127.0.0.1]/', /private network/],
    ['https://[64:ff9b::a00:7]/', /private network/],
    ['https://[fd00::1]/', /private network/],
    ['https://[fe80::1]/', /private network/],
    ['https://0xa000007/', /private network/],
    ['https://167772167/', /private network/],
  ] as const)
    it(`to ${url}`, () => {
      const error = errorOf(() => rules.check(url));
      assert.match(error.message, why);
      assert.equal(error.code, 'invalid');
      assert.doesNotMatch(error.message, /password@/);
    });

  for (const [name, address] of [
    ['https://app.example/', '10.1.2.3'],
    ['https://app.example/', '127.0.0.1'],
    ['https://app.example/', '::1'],
    ['https://app.example/', '::ffff:192.168.0.1'],
    ['https://app.example/', 'fe80::1%eth0'],
    ['http://localhost/', '10.1.2.3'],
    ['http://localhost/', '93.184.216.34'],
  ] as const)
    it(`where ${name} leads to ${address}`, () => {
      assert.equal(rules.mayConnect(new URL(name), address), false);
    });
});

describe('a network that the operator opened', () => {
  const opened = addressRules(['10.1.0.0/16', '192.168.0.7', 'fd00:1::/64']);
  it('is gone to, and its neighbours are not', () => {
    const url = new URL('https://app.example/');
    const may = (address: string): boolean => opened.mayConnect(url, address);
    assert.deepEqual(['10.1.2.3', '10.2.0.1', '192.168.0.7', '192.168.0.8', 'fd00:1::5', 'fd00:2::5'].map(may), [
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    assert.equal(opened.check('https://10.1.2.3/').hostname, '10.1.2.3');
  });
  it('does not make a receiver without TLS acceptable', () => {
    assert.match(errorOf(() => opened.check('http://10.1.2.3/')).message, /unencrypted/);
  });
  for (const text of ['10.1.0.0/33', 'app.example', '10.1.0.0/x', 'fd00::/129'])
    it(`is not written as ${text}`, () => {
      assert.equal(errorOf(() => addressRules([text])).where, 'KIPPU_WEBHOOK_NETWORKS');
    });
});

describe('over real sockets', () => {
  const request = (url: string): HttpRequest => ({
    method: 'POST',
    url,
    headers: {},
    body: '{}',
    connectTimeoutMs: 2000,
    answerTimeoutMs: 2000,
    bodyBytesMax: 10,
  });

  it('a name that leads to a forbidden address is not connected to, nor an address that stands in the URL', async () => {
    await using server = await listening();
    for (const host of ['localhost', '127.0.0.1', '[::1]']) {
      const asked: string[] = [];
      const answer = await nodeHttp.send(request(`http://${host}:${server.port}/`), {
        mayConnectTo: (address) => {
          asked.push(address);
          return false;
        },
      });
      assert.ok(answer.kind === 'not_sent' && answer.cause === 'address', JSON.stringify(answer));
      assert.ok(asked.length > 0, host);
    }
    assert.equal(server.connections(), 0);
  });

  it('of the addresses of a name only those are used that may be', async () => {
    await using server = await listening();
    const answer = await nodeHttp.send(request(`http://localhost:${server.port}/`), {
      mayConnectTo: (address) => address === '127.0.0.1',
    });
    assert.equal(answer.kind === 'answered' && answer.status, 204);
  });
});

interface Listening extends AsyncDisposable {
  readonly port: number;
  connections(): number;
}

async function listening(): Promise<Listening> {
  let connections = 0;
  const server: Server = createServer((_, response) => {
    response.writeHead(204).end();
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}
