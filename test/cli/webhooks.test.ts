import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { Webhook as ReferenceVerifier } from 'standardwebhooks';
import { MailServer } from '../notify/mail-server.ts';
import { CliWorld } from './cli-world.ts';

interface Heard {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A receiver on this machine that answers as it is told. */
class Receiver implements AsyncDisposable {
  readonly heard: Heard[] = [];
  status = 204;
  readonly #server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      this.heard.push({ headers: request.headers as Record<string, string>, body });
      response.writeHead(this.status).end();
      this.#wake();
    });
  });
  #wake = (): void => undefined;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`;
  }

  async got(count: number): Promise<void> {
    while (this.heard.length < count)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

describe('kippu webhooks', () => {
  it('prints the secret alone, once; what then happens arrives signed with it', async () => {
    await using world = await CliWorld.create();
    await using receiver = await Receiver.start();
    const server = await world.up();
    const added = await world.run(['webhooks', 'add', receiver.url, '--event', 'connection.created']);
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stdout, /^whsec_[A-Za-z0-9+/=]+\n$/);
    const [, id = ''] = /(whk_\w+)/.exec(added.stderr) ?? [];
    await world.connect();
    await receiver.got(1);
    const [{ headers, body }] = [receiver.heard[0]!];
    const message = new ReferenceVerifier(added.stdout.trim()).verify(body, headers) as Record<string, unknown>;
    assert.equal(message['type'], 'connection.created');

    const tested = await world.run(['webhooks', 'test', id]);
    assert.deepEqual([tested.code, receiver.heard.length], [0, 2]);
    const listed = await world.run(['webhooks', 'list']);
    assert.match(listed.stdout, new RegExp(`${id}.*connection\\.created.*active`));
    assert.doesNotMatch(listed.stdout + listed.stderr, /whsec_/);
    const log = await world.run(['webhooks', 'deliveries', id, '--json']);
    const [delivery] = (JSON.parse(log.stdout) as { items: { id: string; state: string; event: string }[] }).items;
    assert.deepEqual([delivery?.state, delivery?.event], ['delivered', headers['webhook-id']]);
    assert.match(
      (await world.run(['webhooks', 'deliveries', id])).stdout,
      /dlv_\w+ .*connection\.created +delivered +1 +204/,
    );

    assert.equal((await world.run(['webhooks', 'redeliver', id, delivery!.id])).code, 0);
    await receiver.got(3);
    assert.equal(receiver.heard[2]?.headers['webhook-id'], headers['webhook-id']);
    assert.equal(receiver.heard[2]?.body, body);
    const renewed = await world.run(['webhooks', 'secret', id]);
    assert.notEqual(renewed.stdout, added.stdout);
    assert.match(renewed.stderr, /signs as well until 2\d{3}-/);
    assert.equal((await world.run(['webhooks', 'remove', id])).code, 0);
    assert.match((await world.run(['webhooks', 'list'])).stderr, /no webhooks/);
    await server.stop();
    assert.doesNotMatch(server.stderr + server.stdout, /whsec_/);
  });

  it('says what is wrong with an address, a type or an id, in both languages', async () => {
    await using world = await CliWorld.create();
    for (const [args, code, says] of [
      [['add', 'http://app.example/'], 1, /unencrypted/],
      [['add', 'https://192.168.1.1/'], 1, /KIPPU_WEBHOOK_NETWORKS/],
      [['add', 'https://app.example/', '--event', 'everything'], 1, /no type of event/],
      [['add'], 2, /url/],
      [['show', 'whk_00000000000000000000'], 1, /There is no webhook/],
      [['test', 'nonsense'], 1, /There is no webhook/],
    ] as const) {
      const { code: ended, stderr } = await world.run(['webhooks', ...args]);
      assert.match(stderr, says, args.join(' '));
      assert.ok(ended === code || ended === 2, `${args.join(' ')}: ${ended}`);
    }
    const { stderr } = await world.run(['--lang', 'ja', 'webhooks', 'list']);
    assert.match(stderr, /Webhook はありません/);
    const opened = { env: { KIPPU_WEBHOOK_NETWORKS: '192.168.0.0/16' } };
    assert.equal((await world.run(['webhooks', 'add', 'https://192.168.1.1/'], opened)).code, 0);
  });

  it('fails when the receiver does not accept the test, and says what it answered', async () => {
    await using world = await CliWorld.create();
    await using receiver = await Receiver.start();
    const { stderr } = await world.run(['webhooks', 'add', receiver.url]);
    const [, id = ''] = /(whk_\w+)/.exec(stderr) ?? [];
    receiver.status = 503;
    const tested = await world.run(['webhooks', 'test', id]);
    assert.equal(tested.code, 1);
    assert.match(tested.stderr, /503/);
    assert.equal((await world.run(['webhooks', 'disable', id])).code, 0);
    assert.match((await world.run(['webhooks', 'show', id])).stdout, /disabled: disabled by the operator/);
    assert.equal((await world.run(['webhooks', 'enable', id])).code, 0);
  });
});

describe('kippu doctor', () => {
  const findings = async (
    world: CliWorld,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number | null; readonly text: string; readonly levels: ReadonlyMap<string, string> }> => {
    const { code, stdout } = await world.run(['doctor', '--json'], { env });
    const { findings: found } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
    return { code, text: stdout, levels: new Map(found.map(({ check, level }) => [check, level])) };
  };

  it('tells that no mail is configured, without making a problem of it', async () => {
    await using world = await CliWorld.create();
    const { code, levels } = await findings(world);
    assert.deepEqual([code, levels.get('mail_off')], [0, 'ok']);
  });

  it('signs in to the mail server, and shows neither its password nor its address with one', async () => {
    await using world = await CliWorld.create();
    await using mail = await MailServer.start({ needsLogin: true });
    const env = (password: string): Record<string, string> => ({
      KIPPU_SMTP_URL: `smtp://kippu:${password}@127.0.0.1:${mail.port}`,
      KIPPU_MAIL_FROM: 'kippu@example.com',
      KIPPU_MAIL_TO: 'op@example.com',
    });
    const good = await findings(world, env('canary-smtp-password'));
    assert.deepEqual([good.code, good.levels.get('mail_good')], [0, 'ok']);
    const bad = await findings(world, env('canary-wrong'));
    assert.deepEqual([bad.code, bad.levels.get('mail_unusable')], [1, 'problem']);
    assert.doesNotMatch(good.text + bad.text, /canary/);
    assert.equal(mail.arrived.length, 0);
  });

  for (const [says, env, where] of [
    ['a server without recipients', { KIPPU_SMTP_URL: 'smtps://a:canary@b', KIPPU_MAIL_FROM: 'a@b' }, 'KIPPU_MAIL_TO'],
    ['recipients without a server', { KIPPU_MAIL_TO: 'a@b', KIPPU_MAIL_FROM: 'a@b' }, 'KIPPU_SMTP_URL'],
    [
      'a server that is none',
      { KIPPU_SMTP_URL: 'canary', KIPPU_MAIL_FROM: 'a@b', KIPPU_MAIL_TO: 'a@b' },
      'KIPPU_SMTP_URL',
    ],
    [
      'a recipient that is none',
      { KIPPU_SMTP_URL: 'smtps://b', KIPPU_MAIL_FROM: 'a@b', KIPPU_MAIL_TO: 'a@b, nobody' },
      'KIPPU_MAIL_TO',
    ],
    [
      'a sender that is none',
      { KIPPU_SMTP_URL: 'smtps://b', KIPPU_MAIL_FROM: 'nobody', KIPPU_MAIL_TO: 'a@b' },
      'KIPPU_MAIL_FROM',
    ],
    [
      'a language that is none',
      { KIPPU_SMTP_URL: 'smtps://b', KIPPU_MAIL_FROM: 'a@b', KIPPU_MAIL_TO: 'a@b', KIPPU_MAIL_LANG: 'la' },
      'KIPPU_MAIL_LANG',
    ],
    ['a network that is none', { KIPPU_WEBHOOK_NETWORKS: 'app.example' }, 'KIPPU_WEBHOOK_NETWORKS'],
  ] as const) {
    it(`finds ${says}`, async () => {
      await using world = await CliWorld.create();
      const { code, text } = await findings(world, env);
      assert.equal(code, 1);
      assert.match(text, new RegExp(`configuration: ${where}`));
      assert.doesNotMatch(text, /canary/);
    });
  }

  it('finds webhooks that are disabled, and those that nothing reaches', async () => {
    await using world = await CliWorld.create();
    await using receiver = await Receiver.start();
    receiver.status = 500;
    const ids: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { stderr } = await world.run(['webhooks', 'add', receiver.url]);
      ids.push(/(whk_\w+)/.exec(stderr)?.[1] ?? '');
    }
    await world.run(['webhooks', 'disable', ids[0] ?? '']);
    const server = await world.up();
    await world.connect();
    await receiver.got(1);
    await server.stop();
    const { levels, text } = await findings(world);
    assert.deepEqual([levels.get('webhook_disabled'), levels.get('webhook_failing')], ['warning', 'warning']);
    assert.match(
      text,
      /1 event\(s\) did not reach webhook whk_\w+ at http:\/\/127\.0\.0\.1:\d+ \(the receiver answered 500\)/,
    );
    assert.doesNotMatch(text, /\/hook/);
  });
});
