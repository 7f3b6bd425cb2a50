import {
  argumentOf,
  command,
  nameOf,
  saidInstant,
  text,
  type Letter,
  type LetterPart,
  type MailedEvent,
  type MailedType,
  type MailLanguage,
  type MailSpeech,
} from './letter.ts';

type KeyLetter = (mailed: MailedEvent, say: MailSpeech) => Letter;

/** Where a static API key is meant, nobody can consent again: another key is imported. */
const LETTERS: Readonly<Record<MailLanguage, Readonly<Partial<Record<MailedType, KeyLetter>>>>> = {
  en: {
    'connection.reauth_soon': (mailed, { instant }) => ({
      subject: `The API key of ${nameOf(mailed)} ends soon`,
      parts: [
        text(`The API key of ${nameOf(mailed)} is good until ${endOf(mailed, instant) ?? 'soon'}. Nothing renews it.`),
        text("Make another one in the provider's settings, and import it in the place of this one."),
        ...replacing(mailed, 'Import it:'),
      ],
    }),
    'connection.reauth_required': (mailed) => ({
      subject: `The API key of ${nameOf(mailed)} is over`,
      parts: [
        text(`The date until which the API key of ${nameOf(mailed)} is good is past. It is no longer handed out.`),
        text("Make another one in the provider's settings, and import it in the place of this one."),
        ...replacing(mailed, 'Import it:'),
      ],
    }),
  },
  ja: {
    'connection.reauth_soon': (mailed, { instant }) => ({
      subject: `${nameOf(mailed)} の API キーの期限が近づいています`,
      parts: [
        text(
          `${nameOf(mailed)} の API キーの期限は ${endOf(mailed, instant) ?? 'まもなく'} です。自動では更新されません。`,
        ),
        text('プロバイダーの設定で新しいキーを作り、このキーの代わりに取り込んでください。'),
        ...replacing(mailed, '取り込むには:'),
      ],
    }),
    'connection.reauth_required': (mailed) => ({
      subject: `${nameOf(mailed)} の API キーの期限が切れました`,
      parts: [
        text(`${nameOf(mailed)} の API キーは期限を過ぎたため、渡していません。`),
        text('プロバイダーの設定で新しいキーを作り、このキーの代わりに取り込んでください。'),
        ...replacing(mailed, '取り込むには:'),
      ],
    }),
  },
};

/** The letter about a static API key; `undefined` for other connections, and where the usual letter fits. */
export function keyLetter(mailed: MailedEvent, language: MailLanguage, say: MailSpeech): Letter | undefined {
  return mailed.connection?.restsOn === 'key' ? LETTERS[language][mailed.type]?.(mailed, say) : undefined;
}

function endOf(mailed: MailedEvent, instant: MailSpeech['instant']): string | undefined {
  const endsAtMs = saidInstant(mailed, 'refresh_expires_at');
  return endsAtMs === undefined ? undefined : instant(endsAtMs);
}

function replacing(mailed: MailedEvent, label: string): readonly LetterPart[] {
  const connection = argumentOf(mailed);
  if (connection === undefined || mailed.provider === undefined) return [];
  return [command(label, `kippu import ${mailed.provider} --api-key - --connection ${connection}`)];
}
