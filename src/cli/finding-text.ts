import type { Finding, FindingKind } from '../app/doctor/finding.ts';
import type { Cli } from './cli.ts';

/** What was found, and what to do about it. */
export interface FindingText {
  readonly what: string;
  /** A line for each. */
  readonly advice?: string | undefined;
}

/** One sentence for each kind of finding, in one language. */
export type FindingTexts = {
  readonly [K in FindingKind]: (finding: Extract<Finding, { kind: K }>, say: FindingSpeech) => FindingText;
};

/** How findings say times. */
export interface FindingSpeech {
  readonly span: (ms: number) => string;
  readonly instant: (atMs: number) => string;
}

export function findingText(finding: Finding, cli: Cli): FindingText {
  const text = cli.texts.findings[finding.kind] as (finding: Finding, say: FindingSpeech) => FindingText;
  return text(finding, cli.speech());
}
