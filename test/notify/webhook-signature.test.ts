import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Webhook as ReferenceVerifier } from 'standardwebhooks';
import { DAY_MS } from '../../src/model/clock.ts';
import { Secret } from '../../src/model/secret.ts';
import { signedMessage } from '../../src/notify/webhook/message.ts';
import { newWebhookSecret, OVERLAP_MS, sealSecrets, signingSecrets } from '../../src/notify/webhook/secrets.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { errorOf, printed } from '../vault/rings.ts';
import { NoticeWorld } from './notice-world.ts';
import type { Received } from './receivers.ts';

/** What a receiver without any library would do. */
function ownSignature(secret: string, { headers, body }: Pick<Received, 'headers' | 'body'>): string {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

test('the published example of the specification’s own libraries is signed to the letter', () => {
  const message = signedMessage(
    { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', body: '{"test": 2432232314}' },
    [new Secret('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')],
    1_614_265_330_000,
  );
  assert.equal(message.headers['webhook-id'], 'msg_p5jXN8AQM9LWM0D4loKWxJek');
  assert.equal(message.headers['webhook-timestamp'], '1614265330');
  assert.equal(message.headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
});

test('the reference verifier and a verifier of nothing but node:crypto accept what is sent, and nothing that was changed', async () => {
  await using world = await NoticeWorld.create();
  await world.process();
  const { secret } = await world.webhook('app');
  // The reference verifier goes by the real clock.
  world.clock.setWallClock(Date.now());
  await world.happen('post.failed', { data: { reason: 'too_late', detail: '日本語 “quotes” \u2028' } });
  await world.pass('1s');
  const [message] = world.receivers.at('app');
  assert.ok(message !== undefined);
  assert.equal(message.headers['webhook-signature'], ownSignature(secret, message));
  const verifier = new ReferenceVerifier(secret);
  const verified = verifier.verify(message.body, message.headers) as { readonly data: Record<string, unknown> };
  assert.equal(verified.data['detail'], '日本語 “quotes” \u2028');
  assert.throws(() => verifier.verify(`${message.body} `, message.headers));
  for (const name of ['webhook-id', 'webhook-timestamp'] as const)
    assert.throws(
      () => verifier.verify(message.body, { ...message.headers, [name]: `${message.headers[name]}1` }),
      name,
    );
  assert.throws(() =>
    new ReferenceVerifier(newWebhookSecret(world.random).reveal()).verify(message.body, message.headers),
  );
});

test('a new secret signs at once, the old one beside it for a day, and none before that any more', async () => {
  await using world = await NoticeWorld.create();
  await world.process();
  const { id, secret: oldest } = await world.webhook('app');
  const rotate = async (): Promise<string> => {
    const seen = await world.store.notices.webhook(id);
    const [current] = signingSecrets(seen!, world.vault, world.clock.nowMs());
    const secret = newWebhookSecret(world.random);
    const overlapEndsAtMs = world.clock.nowMs() + OVERLAP_MS;
    await world.store.notices.replaceSecrets(seen!, { ...sealSecrets([secret, current!], id, world), overlapEndsAtMs });
    return secret.reveal();
  };
  const signers = async (secrets: readonly string[]): Promise<readonly number[]> => {
    await world.happen('connection.renewed');
    await world.pass('1s');
    const message = world.receivers.at('app').at(-1)!;
    const signatures = (message.headers['webhook-signature'] ?? '').split(' ');
    assert.deepEqual(
      signatures.toSorted(),
      secrets
        .map((secret) => ownSignature(secret, message))
        .filter((own) => signatures.includes(own))
        .toSorted(),
      'every signature is of a secret that there is',
    );
    return secrets.flatMap((secret, index) => (signatures.includes(ownSignature(secret, message)) ? [index] : []));
  };
  const second = await rotate();
  assert.deepEqual(await signers([oldest, second]), [0, 1]);
  const third = await rotate();
  assert.deepEqual(await signers([oldest, second, third]), [1, 2]);
  await world.clock.advance(DAY_MS);
  assert.deepEqual(await signers([oldest, second, third]), [2]);
});

test('a secret is 32 random bytes behind its prefix, and prints as nothing', () => {
  const random = seededRandom('secrets');
  const [one, other] = [newWebhookSecret(random), newWebhookSecret(random)];
  assert.match(one.reveal(), /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.notEqual(one.reveal(), other.reveal());
  assert.equal(Buffer.from(one.reveal().slice(6), 'base64').length, 32);
  assert.doesNotMatch(printed({ one }), /whsec_/);
});

test('the secrets of one webhook do not open as those of another', async () => {
  await using world = await NoticeWorld.create();
  const [one, other] = [await world.webhook('one'), await world.webhook('other')];
  const webhook = await world.store.notices.webhook(one.id);
  const moved = { ...webhook!, id: other.id };
  assert.equal(errorOf(() => signingSecrets(moved, world.vault, 0)).code, 'unreadable');
  assert.doesNotMatch(printed(errorOf(() => signingSecrets(moved, world.vault, 0))), /whsec_/);
});
