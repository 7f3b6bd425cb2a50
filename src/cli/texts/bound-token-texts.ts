import type { Language } from '../language.ts';

/** What is said of a token that is of no use without its key (RFC 9449). */
export const BOUND_TOKEN_TEXTS: Readonly<Record<Language, (connection: string) => string>> = {
  en: (connection) =>
    `This token is bound to a key that stays here (DPoP): sent by anybody else, it is refused. ` +
    `Call the API with \`kippu call ${connection} …\` or through the server's proxy, which add the proof.`,
  ja: (connection) =>
    `このトークンは、ここから出ない鍵に結び付けられています(DPoP)。ほかのプログラムから送っても拒否されます。` +
    `API は \`kippu call ${connection} …\` か、サーバーのプロキシ経由で呼び出してください。鍵の証明はそこで付きます。`,
};
