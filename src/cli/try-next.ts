import type { FirstProvider } from '../app/first-provider.ts';
import type { UpTexts } from './texts/up-texts.ts';

/** A command that works here and now, and what it does. */
export type Suggestion = readonly [command: string, what: string];

/** What to try after the start. In the sandbox there is an Alice. */
export function tryNext(
  provider: FirstProvider | undefined,
  { isSandbox }: { readonly isSandbox: boolean },
  texts: UpTexts,
): readonly Suggestion[] {
  if (provider === undefined) return [['kippu doctor', texts.doctor]];
  const { id, connectsBy, canPost } = provider;
  const name = isSandbox ? `${id}:alice` : `${id}:NAME`;
  const connect = `kippu connect ${id}${connectsBy === 'device' ? ' --device' : ''}`;
  return [
    [connect, isSandbox ? texts.connectSimulated : texts.connect],
    [`kippu token ${name}`, texts.token],
    ...(canPost ? [[`kippu post ${name} "Good morning"`, texts.post] as const] : []),
  ];
}
