import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { parseSmtpUrl, smtpTransport, type SmtpServer } from '../../src/notify/mail/smtp.ts';
import type { Mail, MailTransport } from '../../src/notify/mail/transport.ts';
import { VirtualClock } from '../support/virtual-clock.ts';
import { errorOf, printed } from '../vault/rings.ts';
import { MailServer, PASSWORD, USER } from './mail-server.ts';
import { TEST_CERTIFICATE } from './test-certificate.ts';

const MAIL: Mail = {
  from: 'Kippu <kippu@example.com>',
  to: 'op@example.com',
  messageId: '<evt_1@example.com>',
  atMs: Date.parse('2026-11-21T09:00:00Z'),
  language: 'ja',
  subject: '[Kippu] 再同意が必要です',
  text: 'テスト\n\n.\n終わり\n',
  html: '<p>テスト</p>',
};

function transport(server: MailServer, how: Partial<SmtpServer> = {}, certificateAuthority?: string): MailTransport {
  const to = { host: '127.0.0.1', port: server.port, tls: 'none', user: undefined, password: undefined } as const;
  return smtpTransport({ ...to, ...how }, systemClock, { certificateAuthority });
}

const LOGIN = { user: USER, password: new Secret(PASSWORD) };

describe('a mail to a real SMTP server', () => {
  it('arrives whole: names, both parts, in any script', async () => {
    await using server = await MailServer.start();
    assert.deepEqual(await transport(server).send(MAIL), { kind: 'delivered', status: 250 });
    const [{ mail, recipients, source }] = [server.arrived[0]!];
    assert.deepEqual(recipients, ['op@example.com']);
    assert.equal(mail.subject, MAIL.subject);
    assert.equal(mail.text?.trim(), MAIL.text.trim());
    assert.match(mail.html ?? '', /<p>テスト<\/p>/);
    assert.equal(mail.messageId, MAIL.messageId);
    assert.equal(Date.parse(mail.date ?? ''), MAIL.atMs);
    assert.match(source, /^Auto-Submitted: auto-generated\r?$/im);
    assert.match(source, /^Content-Language: ja\r?$/im);
    assert.ok(!/^(list-|x-mailer)/im.test(source.split(/\r?\n\r?\n/)[0] ?? ''));
  });

  for (const tls of ['implicit', 'starttls'] as const) {
    it(`is encrypted and signed in with (${tls}) when the certificate is trusted`, async () => {
      await using server = await MailServer.start({ tls, needsLogin: true });
      const { kind } = await transport(server, { tls, ...LOGIN }, TEST_CERTIFICATE).send(MAIL);
      assert.equal(kind, 'delivered');
      assert.equal(server.arrived[0]?.isEncrypted, true);
    });

    it(`is not sent (${tls}) to a server whose certificate is not trusted`, async () => {
      await using server = await MailServer.start({ tls, needsLogin: true });
      const handover = await transport(server, { tls, ...LOGIN }).send(MAIL);
      assert.equal(handover.kind, 'not_now');
      assert.match(printed(handover), /certificate/i);
      assert.equal(server.arrived.length, 0);
    });
  }

  it('is not sent in the clear where STARTTLS is demanded and not offered', async () => {
    await using server = await MailServer.start({ tls: 'none', needsLogin: true });
    const handover = await transport(server, { tls: 'starttls', ...LOGIN }, TEST_CERTIFICATE).send(MAIL);
    assert.equal(handover.kind, 'not_now');
    assert.equal(server.arrived.length, 0);
  });

  for (const [says, refuse, expected] of [
    ['a recipient that there is not, for good', 550, 'refused'],
    ['a recipient for now', 451, 'not_now'],
  ] as const) {
    it(`is refused for ${says}`, async () => {
      await using server = await MailServer.start();
      server.refusedRecipients.set('op@example.com', { status: refuse, says: 'No such\r\nuser here' });
      const handover = await transport(server).send(MAIL);
      assert.equal(handover.kind, expected);
      assert.equal(handover.status, refuse);
      assert.match(printed(handover), /No such user here/);
    });
  }

  it('is refused for what it says, for good', async () => {
    await using server = await MailServer.start();
    server.refusedMessages = { status: 554, says: 'Looks like spam' };
    assert.equal((await transport(server).send(MAIL)).kind, 'refused');
  });

  it('whose login is refused is kept: an operator can put that right. The password is in no error', async () => {
    await using server = await MailServer.start({ needsLogin: true });
    const wrong = `${PASSWORD}-wrong`;
    const login = { user: USER, password: new Secret(wrong) };
    const handover = await transport(server, login).send(MAIL);
    assert.equal(handover.kind, 'not_now');
    assert.match(printed(handover), /\[secret\]/, 'the server has said it back');
    assert.doesNotMatch(printed(handover), new RegExp(wrong));
    assert.doesNotMatch((await transport(server, login).verify()) ?? '', new RegExp(wrong));
  });

  it('tells no password that a server repeats in the form in which it was sent', async () => {
    await using server = await MailServer.start({ needsLogin: true });
    const sent = Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64');
    server.refusedLogins = { status: 500, says: `unrecognised: AUTH PLAIN ${sent}` };
    const way = transport(server, { user: USER, password: new Secret(PASSWORD) });
    for (const said of [printed(await way.send(MAIL)), (await way.verify()) ?? '']) {
      assert.match(said, /AUTH PLAIN \[secret\]/);
      assert.ok(!said.includes(sent));
    }
  });

  it('is kept when nobody listens', async () => {
    const server = await MailServer.start();
    const way = transport(server);
    await server[Symbol.asyncDispose]();
    assert.equal((await way.send(MAIL)).kind, 'not_now');
    assert.match((await way.verify()) ?? '', /^127\.0\.0\.1:\d+: /);
  });

  it('is given up on after half a minute with a server that never greets', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const clock = new VirtualClock();
    const { port } = silent.address() as AddressInfo;
    const way = smtpTransport({ host: '127.0.0.1', port, tls: 'none', user: undefined, password: undefined }, clock);
    const sending = way.send(MAIL);
    while (clock.untilNextMs() === undefined) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(30_000);
    const handover = await sending;
    assert.ok(handover.kind === 'not_now' && /longer than 30 s/.test(handover.error), printed(handover));
    silent.close();
  });

  it('can be tried without sending one', async () => {
    await using server = await MailServer.start({ needsLogin: true });
    assert.equal(await transport(server, LOGIN).verify(), undefined);
    assert.deepEqual([server.arrived.length, server.connections], [0, 1]);
  });
});

describe('KIPPU_SMTP_URL', () => {
  for (const [url, expected] of [
    ['smtps://u:p@mail.example', ['mail.example', 465, 'implicit', 'u']],
    ['smtps://mail.example:4650', ['mail.example', 4650, 'implicit', undefined]],
    ['smtp://u%40x:p%2Fq@mail.example', ['mail.example', 587, 'starttls', 'u@x']],
    ['smtp://mail.example:25/?tls=none', ['mail.example', 25, 'none', undefined]],
    ['smtp://127.0.0.1:2525', ['127.0.0.1', 2525, 'none', undefined]],
    ['smtp://localhost', ['localhost', 587, 'none', undefined]],
    ['smtp://[::1]:25', ['::1', 25, 'none', undefined]],
  ] as const) {
    it(`${url} is understood`, () => {
      const { host, port, tls, user } = parseSmtpUrl(new Secret(url));
      assert.deepEqual([host, port, tls, user], expected);
    });
  }

  it('holds a password that may need percent-encoding', () => {
    assert.equal(parseSmtpUrl(new Secret('smtp://u:p%2Fq%40@mail.example')).password?.reveal(), 'p/q@');
  });

  for (const url of [
    'mail.example',
    'https://canary:canary@mail.example',
    'smtp://canary:canary@',
    'smtps://canary:canary@mail.example?tls=none',
    'smtp://canary:canary@mail.example?tls=maybe',
    'smtp://canary:canary@mail.example?insecure=canary',
    'smtps://canary:canary50%off@mail.example',
    'smtps://canary%:canary@mail.example',
    'smtp://canary:canary@mail%zz.example',
  ]) {
    it(`${url} is refused, and the error does not repeat it`, () => {
      const error = errorOf(() => parseSmtpUrl(new Secret(url)));
      assert.deepEqual([error.code, error.where], ['invalid', 'KIPPU_SMTP_URL']);
      assert.doesNotMatch(printed(error), /canary/);
    });
  }
});
