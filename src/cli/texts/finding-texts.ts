import type { Finding, FindingKind } from '../../app/doctor/finding.ts';

/** What was found, and what to do about it. */
export interface FindingText {
  readonly what: string;
  /** A line for each. */
  readonly advice?: string | undefined;
}

/** How findings say times. */
export interface FindingSpeech {
  readonly span: (ms: number) => string;
  readonly instant: (atMs: number) => string;
}

/** One sentence for each kind of finding, in one language. */
export type FindingTexts = {
  readonly [K in FindingKind]: (finding: Extract<Finding, { kind: K }>, say: FindingSpeech) => FindingText;
};

/** The sentence for a finding. */
export function findingText(finding: Finding, texts: FindingTexts, say: FindingSpeech): FindingText {
  const text = texts[finding.kind] as (finding: Finding, say: FindingSpeech) => FindingText;
  return text(finding, say);
}
