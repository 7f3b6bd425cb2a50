import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../src/model/connection.ts';
import type { KippuEvent } from '../../src/model/event.ts';
import { keyLetter } from '../../src/notify/mail/key-letters.ts';
import { MAIL_LANGUAGES, type MailedEvent, type MailedType } from '../../src/notify/mail/letter.ts';

const END = '2026-12-01 09:00 Asia/Tokyo';

/** Of the connection, the letters read no more than this. */
function mailed(type: MailedType, restsOn: Connection['restsOn']): MailedEvent {
  const connection = { name: 'weather:key', restsOn } as Connection;
  const event = { data: { days_before: 7, refresh_expires_at_ms: 1 } } as unknown as KippuEvent;
  return {
    type,
    event,
    connection,
    post: undefined,
    provider: 'weather',
    reconnectUrl: 'http://127.0.0.1:4180/reconnect/x',
  };
}

for (const language of MAIL_LANGUAGES) {
  test(`${language}: about a static key nobody is asked to consent: another one is to be imported`, () => {
    for (const type of ['connection.reauth_soon', 'connection.reauth_required'] as const) {
      const letter = keyLetter(mailed(type, 'key'), language, { instant: () => END });
      assert.ok(letter !== undefined && letter.subject.includes('weather:key'));
      assert.ok(letter.parts.every(({ kind }) => kind !== 'link'));
      const commands = letter.parts.flatMap((part) => (part.kind === 'command' ? [part.command] : []));
      assert.deepEqual(commands, ['kippu import weather --api-key - --connection weather:key']);
    }
    const soon = keyLetter(mailed('connection.reauth_soon', 'key'), language, { instant: () => END });
    assert.ok(soon?.parts.some((part) => part.kind === 'text' && part.text.includes(END)));
  });
}

test('about every other connection the usual letter is written', () => {
  for (const restsOn of ['consent', 'app'] as const)
    assert.equal(keyLetter(mailed('connection.reauth_soon', restsOn), 'en', { instant: () => END }), undefined);
});
