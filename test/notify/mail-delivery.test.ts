import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/app/ports/system-clock.ts';
import { smtpTransport } from '../../src/notify/mail/smtp.ts';
import type { MailPorts } from '../../src/notify/ports.ts';
import { connected } from '../support/store-samples.ts';
import { MailServer } from './mail-server.ts';
import { NoticeWorld } from './notice-world.ts';

const OPERATORS = ['a@example.com', 'b@example.com'];

function mailTo(server: MailServer, more: Partial<MailPorts> = {}): MailPorts {
  const way = { host: '127.0.0.1', port: server.port, tls: 'none', user: undefined, password: undefined } as const;
  return {
    transport: smtpTransport(way, systemClock),
    from: 'kippu@example.com',
    recipients: OPERATORS,
    language: 'en',
    timeZone: 'UTC',
    ...more,
  };
}

function recipientsOf(server: MailServer): readonly string[] {
  return server.arrived.flatMap(({ recipients }) => recipients).toSorted();
}

describe('mail', () => {
  it('goes once to each recipient, with the reason and the link that begins the consent', async () => {
    await using server = await MailServer.start();
    await using world = await NoticeWorld.create({ mail: mailTo(server) });
    await world.process();
    await world.pass('1s');
    const alice = await connected(world.store, 'alice', world.clock.nowMs());
    await world.store.credentials.endGrant(alice.id, 1, 'answer_lost');
    await world.pass('10s');
    assert.deepEqual(recipientsOf(server), OPERATORS);
    const { mail } = server.arrived[0]!;
    assert.match(mail.text ?? '', /its answer was lost on the way/);
    assert.ok(mail.text?.includes(`https://kippu.example/reconnect/${alice.id}`));
    assert.ok(mail.html?.includes(`href="https://kippu.example/reconnect/${alice.id}"`));
    assert.equal(new Set(server.arrived.map((arrived) => arrived.mail.messageId)).size, 1);
  });

  it('to one recipient does not wait for another, and is not sent twice because of him', async () => {
    await using server = await MailServer.start();
    server.refusedRecipients.set('b@example.com', { status: 451, says: 'Try later' });
    await using world = await NoticeWorld.create({ mail: mailTo(server) });
    await world.process();
    await world.pass('1s');
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.pass('10s', { every: '1s' });
    assert.deepEqual(recipientsOf(server), ['a@example.com']);
    const [waiting] = await world.deliveries('b@example.com');
    assert.deepEqual([waiting?.state, waiting?.lastStatus], ['pending', 451]);
    server.refusedRecipients.clear();
    await world.pass('10m', { every: '1m' });
    assert.deepEqual(recipientsOf(server), OPERATORS);
  });

  it('that is refused for good is not tried again, and a note says why', async () => {
    await using server = await MailServer.start();
    server.refusedRecipients.set('b@example.com', { status: 550, says: 'No such user' });
    await using world = await NoticeWorld.create({ mail: mailTo(server) });
    await world.process();
    await world.pass('1s');
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.pass('1h', { every: '10m' });
    const [refused] = await world.deliveries('b@example.com');
    assert.deepEqual([refused?.state, refused?.lastStatus], ['failed', 550]);
    assert.match(refused?.lastError ?? '', /No such user/);
    assert.equal((await world.store.notices.deliveryAttempts(refused!.id)).length, 1);
  });

  it('whose sender died after the server had it is repeated with the same Message-ID, and not lost', async () => {
    await using server = await MailServer.start();
    await using world = await NoticeWorld.create({ mail: mailTo(server, { recipients: ['a@example.com'] }) });
    const mortal = await world.process();
    await world.pass('1s');
    mortal.arm('notice.sent');
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.pass('1s');
    assert.ok(mortal.isDead);
    await world.process();
    await world.pass('2m', { every: '5s' });
    assert.equal(server.arrived.length, 2);
    assert.equal(new Set(server.arrived.map(({ mail }) => mail.messageId)).size, 1);
    assert.equal((await world.deliveries('a@example.com'))[0]?.state, 'delivered');
  });

  it('is not sent to whom the configuration names no more, nor about what happened before there was any', async () => {
    await using server = await MailServer.start();
    await using world = await NoticeWorld.create({ mail: mailTo(server, { recipients: ['a@example.com'] }) });
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.store.notices.fanOut({
      channel: 'mail',
      limit: 9,
      recipients: ['gone@example.com'],
      wants: () => true,
    });
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.store.notices.fanOut({
      channel: 'mail',
      limit: 9,
      recipients: ['gone@example.com'],
      wants: () => true,
    });
    await world.process();
    await world.pass('10s');
    assert.equal(server.arrived.length, 0);
    assert.match((await world.deliveries('gone@example.com'))[0]?.lastError ?? '', /KIPPU_MAIL_TO/);
  });

  it('is not sent about what is older than three days', async () => {
    await using server = await MailServer.start();
    await using world = await NoticeWorld.create({ mail: mailTo(server) });
    await world.store.notices.fanOut({ channel: 'mail', limit: 9, recipients: [], wants: () => true });
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.clock.advance(3 * 86_400_000 + 1);
    await world.happen('connection.reauth_soon', { data: { days_before: 7 } });
    await world.process();
    await world.pass('10s');
    assert.deepEqual(recipientsOf(server), OPERATORS);
    assert.match(server.arrived[0]?.mail.subject ?? '', /within 7 days/);
  });

  it('waits in a process that has none configured, for one that has', async () => {
    await using world = await NoticeWorld.create();
    const plan = { channel: 'mail', limit: 9, recipients: ['a@example.com'], wants: () => true } as const;
    await world.store.notices.fanOut(plan);
    await world.happen('post.failed', { data: { reason: 'too_late' } });
    await world.store.notices.fanOut(plan);
    await world.process();
    await world.pass('1m', { every: '1s' });
    const [waiting] = await world.deliveries('a@example.com');
    assert.deepEqual([waiting?.state, waiting?.tries], ['pending', 0]);
  });
});
