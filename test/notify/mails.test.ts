import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import PostalMime from 'postal-mime';
import { REAUTH_REASONS } from '../../src/model/connection.ts';
import { EVENT_TYPES } from '../../src/model/event.ts';
import { FAILURE_REASONS, UNKNOWN_REASONS, WAITING_REASONS } from '../../src/model/post.ts';
import { composeMail } from '../../src/notify/mail/compose.ts';
import { isMailed, MAIL_LANGUAGES, MAILED_TYPES, type MailLanguage } from '../../src/notify/mail/letter.ts';
import type { Mail } from '../../src/notify/mail/transport.ts';
import { emlOf, factsOf, sampleMails } from './sample-mails.ts';

function compose(
  language: MailLanguage,
  type: (typeof EVENT_TYPES)[number],
  data: Readonly<Record<string, unknown>>,
  more: Partial<ReturnType<typeof factsOf>> = {},
): Mail {
  return composeMail({ ...factsOf('test', type, data), ...more }, 'you@example.com', {
    from: 'kippu@example.com',
    language,
    timeZone: 'Asia/Tokyo',
    publicUrl: 'https://kippu.example.com',
    nowMs: 0,
  });
}

const JAPANESE = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

for (const language of MAIL_LANGUAGES) {
  describe(`the mails in ${language}`, () => {
    for (const sample of sampleMails(language)) {
      it(`${sample.name}: a mail program reads the same in both parts, and nothing is missing`, async () => {
        const mail = await PostalMime.parse(await emlOf(sample));
        assert.equal(mail.subject, sample.mail.subject);
        assert.match(mail.subject ?? '', /^\[Kippu\] .{10,}/u);
        const words = (mail.html ?? '')
          .replaceAll(/<(?:br|\/p|\/blockquote)>/g, '\n')
          .replaceAll(/<[^>]+>/g, '')
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&#39;', "'")
          .replaceAll('&quot;', '"')
          .replaceAll('&amp;', '&');
        for (const line of (mail.text ?? '').split('\n').filter((text) => text.trim() !== '' && text !== '-- '))
          assert.ok(words.includes(line.replace(/^> /, '').trim()), `the HTML lacks: ${line}`);
        assert.doesNotMatch(`${mail.subject} ${mail.text} ${mail.html}`, /undefined|null|NaN|\[object|…/);
        assert.equal(JAPANESE.test(mail.subject ?? ''), language === 'ja');
      });
    }

    it('say of each kind of missed run what follows from it, and never that a draft went out late', () => {
      const made = compose(language, 'schedule.missed', { reason: 'nobody_there', post: 'pst_1' }).text;
      const texts = ['nobody_there', 'no_text', 'text_not_publishable', 'restored'].map(
        (reason) => compose(language, 'schedule.missed', { reason, detail: 'too long', post: null }).text,
      );
      const draft = compose(language, 'schedule.missed', { reason: 'text_not_publishable', post: 'pst_1' }).text;
      assert.equal(new Set([made, ...texts]).size, 5);
      assert.notEqual(draft, made);
      for (const text of texts) assert.doesNotMatch(text, /nobody_there|no_text|not_publishable|restored\n/);
    });

    it('say each reason for a new consent in words of its own', () => {
      const texts = REAUTH_REASONS.map((reason) => compose(language, 'connection.reauth_required', { reason }).text);
      assert.equal(new Set(texts).size, REAUTH_REASONS.length);
      for (const text of texts) {
        assert.doesNotMatch(text, /rejected_unknown|answer_lost|no_refresh_token/);
        assert.match(text, /https:\/\/kippu\.example\.com\/reconnect\/con_\w+/);
      }
    });

    it('say each reason of a post in words of its own', () => {
      const failures = [...FAILURE_REASONS, ...WAITING_REASONS].map(
        (reason) => compose(language, 'post.failed', { reason }).text,
      );
      assert.equal(new Set(failures).size, failures.length);
      const unknowns = UNKNOWN_REASONS.map((reason) => compose(language, 'post.unknown', { reason }).text);
      assert.equal(new Set(unknowns).size, unknowns.length);
    });

    it('say why runs of a schedule were missed, and what became of them', () => {
      const missed = (data: Readonly<Record<string, unknown>>): string =>
        compose(language, 'schedule.missed', data).text;
      const texts = ['nobody_there', 'no_text', 'text_not_publishable', 'something new'].map((reason) =>
        missed({ reason, count: 1 }),
      );
      assert.equal(new Set(texts).size, texts.length);
      for (const text of texts) assert.doesNotMatch(text, /_there|no_text|_publishable|something new/);
      assert.notEqual(
        missed({ reason: 'nobody_there', post: 'pst_1' }),
        missed({ reason: 'nobody_there', post: null }),
      );
      assert.match(missed({ reason: 'text_not_publishable', post: 'pst_1' }), /kippu posts show pst_1/);
      assert.notEqual(missed({ count: 500, is_counted: false }), missed({ count: 500, is_counted: true }));
    });

    it('tell proof of theft from a suspicion', () => {
      const [certain, suspected] = ['certain', 'suspected'].map((certainty) =>
        compose(language, 'connection.reuse_detected', { evidence: 'unpresented_token_rejected', certainty }),
      );
      assert.notEqual(certain?.subject, suspected?.subject);
      for (const mail of [certain, suspected]) {
        assert.match(mail?.text ?? '', /kippu revoke x:alice/);
        assert.match(mail?.text ?? '', /\/reconnect\//);
      }
    });

    it('say what they know where an event says less than usual', () => {
      for (const type of MAILED_TYPES) {
        const mail = compose(language, type, {}, { connection: undefined, post: undefined, provider: undefined });
        assert.doesNotMatch(mail.subject + mail.text, /undefined|null|NaN/, type);
      }
    });
  });
}

describe('a mail', () => {
  it('has one Message-ID for an event, whoever gets it and whenever', () => {
    const [one, other] = [compose('en', 'post.failed', {}), compose('ja', 'post.failed', {})];
    assert.equal(one.messageId, other.messageId);
    assert.match(one.messageId, /^<evt_\w+@example\.com>$/);
  });

  it('lets nobody else write HTML, headers or lines into it', async () => {
    const evil =
      'x"\r\nBcc: victim@example.com\r\n\r\n<img src=https://evil.example/a.png onerror=alert(1)>\u2028&amp;';
    const facts = factsOf('evil', 'connection.reauth_required', { reason: 'expired', error: evil });
    const mail = compose('en', 'connection.reauth_required', facts.event.data, {
      connection: { ...facts.connection!, name: evil },
    });
    const source = await emlOf({ name: 'evil', mail });
    assert.doesNotMatch(source.split('\n\n')[0] ?? '', /^bcc:/im);
    const parsed = await PostalMime.parse(source);
    assert.equal(parsed.bcc, undefined);
    assert.doesNotMatch(parsed.html ?? '', /<img/);
    assert.doesNotMatch(parsed.text ?? '', /^Bcc:/m);
    assert.match(parsed.text ?? '', /^ {2}kippu connect x --connection con_\w+$/m, 'a command takes no such name');
  });

  it('fetches nothing and links only to Kippu', () => {
    for (const language of MAIL_LANGUAGES)
      for (const { mail } of sampleMails(language)) {
        assert.doesNotMatch(mail.html, /<(?:img|link|script|style|iframe|object)\b|url\(/i);
        for (const [, href] of mail.html.matchAll(/href="([^"]*)"/g))
          assert.ok(href?.startsWith('https://kippu.example.com/'), href);
      }
  });

  it('keeps a long text of others short', () => {
    const mail = compose('en', 'connection.reauth_required', { reason: 'expired', error: 'x'.repeat(10_000) });
    assert.ok(mail.text.length < 3000 && mail.html.length < 4000);
  });

  it('is sent for what leaves something to do, and for nothing else', () => {
    const mailed = EVENT_TYPES.filter((type) => isMailed({ type, data: {} }));
    assert.deepEqual(mailed.toSorted(), [...MAILED_TYPES].toSorted());
    assert.equal(isMailed({ type: 'post.unknown', data: { needs_decision: false } }), false);
    assert.equal(isMailed({ type: 'post.unknown', data: { needs_decision: true } }), true);
    assert.equal(isMailed({ type: 'post.failed', data: { reason: 'not_published' } }), false);
    assert.equal(isMailed({ type: 'connection.reauth_required', data: { reason: 'expired' } }), true);
    // Its own mail, about the suspicion, says that a consent is needed as well.
    assert.equal(isMailed({ type: 'connection.reauth_required', data: { reuse: 'suspected' } }), false);
  });
});

describe('the samples in the documentation', () => {
  for (const language of MAIL_LANGUAGES)
    it(`are what is sent today (${language})`, async () => {
      const sample = sampleMails(language).find(({ name }) => name === 'reauth-required');
      const file = new URL(`../../docs/samples/reauth-required.${language}.eml`, import.meta.url);
      assert.equal(readFileSync(file, 'utf8'), await emlOf(sample!), 'run: node scripts/mail-samples.mjs docs');
    });
});
