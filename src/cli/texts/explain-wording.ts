import type { Actor, FlowKey, StepNumber } from '../../app/flow/flow-step.ts';

/** What `kippu connect --explain` says. Numbers and names of the steps are those of `docs/oauth.md`. */
export interface ExplainTexts {
  readonly option: string;
  readonly intro: string;
  readonly actors: Readonly<Record<Actor, string>>;
  /** Who plays the part. */
  readonly players: (provider: string) => Readonly<Record<Actor, string>>;
  readonly arrow: string;
  readonly throughBrowser: string;
  readonly keys: string;
  readonly noKeys: string;
  readonly listSeparator: string;
  readonly keyNames: Readonly<Record<FlowKey, string>>;
  readonly titles: Readonly<Record<StepNumber, string>>;
  readonly noAnswer: (problem: string) => string;
  readonly notes: ExplainNotes;
  /** Above an exit: the steps that will not come. */
  readonly stopped: (lastStep: number) => string;
  readonly notKept: string;
  readonly renewalFailed: (message: string) => string;
}

export interface ExplainNotes {
  readonly asked: string;
  readonly sent: string;
  readonly challenge: string;
  readonly unseen: (server: string) => string;
  readonly back: string;
  readonly denied: string;
  readonly refused: string;
  readonly exchange: string;
  readonly withSecret: string;
  readonly withoutSecret: string;
  readonly tokens: string;
  readonly accessLife: (span: string) => string;
  readonly refreshLife: (span: string) => string;
  readonly refreshLifeCounted: (span: string) => string;
  readonly noRefreshToken: string;
  readonly noTokens: string;
  readonly used: string;
  readonly notUsed: string;
  readonly rotated: (old: string, fresh: string) => string;
  readonly kept: string;
  readonly notRenewed: string;
  readonly pending: (when: string) => string;
  readonly pendingWhy: (command: string) => string;
  readonly never: string;
}
