/** Who does something in the story. */
export type DemoActor = 'alice' | 'bob' | 'callers' | 'kippu' | 'x' | 'we' | 'thief';

export type DemoSceneId =
  'consent' | 'renewal' | 'spent' | 'unanswered' | 'crash' | 'theft' | 'warnings' | 'end' | 'post';

/** What is told, and what each sentence needs to know. Nothing of it is secret. */
export interface DemoLines {
  readonly opensLink: { readonly challenge: string };
  readonly allows: { readonly scopes: string };
  readonly redirects: Nothing;
  readonly exchangesCode: Nothing;
  readonly tenAsk: Nothing;
  readonly renewsOnce: Nothing;
  readonly isItDead: Nothing;
  readonly presents: { readonly fingerprint: string };
  readonly answers: { readonly status: number; readonly body: string };
  readonly whyOnce: Nothing;
  readonly bobConnects: Nothing;
  readonly wantAnHour: Nothing;
  readonly roadFails: Nothing;
  readonly looksTheSame: Nothing;
  readonly replaysForAlice: Nothing;
  readonly replaysForBob: Nothing;
  readonly onlyConsentHelps: Nothing;
  readonly diskRefuses: Nothing;
  readonly spools: Nothing;
  readonly kill: { readonly pid: number };
  readonly startsAgain: Nothing;
  readonly ordinaryRenewal: Nothing;
  readonly copies: Nothing;
  readonly cannotTell: Nothing;
  readonly ownerIsRefused: Nothing;
  readonly reuseDetected: { readonly certainty: string; readonly evidence: string };
  readonly revokes: Nothing;
  readonly consentsAgain: Nothing;
  readonly thiefTriesAgain: Nothing;
  readonly quietMonths: Nothing;
  readonly warns: { readonly days: number };
  readonly aliceIgnores: Nothing;
  readonly deadByAge: Nothing;
  readonly schedules: { readonly at: string };
  readonly readiesToken: Nothing;
  readonly sendsPost: Nothing;
  readonly losesPostAnswer: Nothing;
  readonly sendsNothingTwice: Nothing;
  readonly findsPost: Nothing;
}
type Nothing = Readonly<Record<string, never>>;

/** What is checked after it was told: each is read from the store, the simulator, or a process's end. */
export interface DemoFacts {
  readonly state: { readonly name: string; readonly state: string; readonly reason: string | undefined };
  readonly accessLife: { readonly minutes: number };
  readonly grantLife: { readonly days: number };
  readonly tokensHandedOut: { readonly callers: number; readonly tokens: number };
  readonly exchanges: { readonly count: number };
  readonly accepted: { readonly user: string };
  readonly refused: { readonly status: number; readonly error: string };
  readonly livingRefreshTokens: { readonly count: number };
  readonly servedMeanwhile: { readonly count: number };
  readonly exchangesOfTwo: { readonly count: number };
  readonly spentPresented: { readonly count: number };
  readonly killed: { readonly signal: string };
  readonly oldPairStored: { readonly version: number };
  readonly spooled: { readonly count: number };
  readonly consentsNeeded: { readonly count: number };
  readonly thiefRenewed: { readonly status: number };
  readonly reuseEvents: { readonly count: number };
  readonly thiefLockedOut: { readonly refresh: number; readonly access: number };
  readonly endedAtX: { readonly day: number };
  readonly sameConnection: { readonly same: boolean };
  readonly endUnmoved: { readonly days: number };
  readonly warnedOn: { readonly days: string };
  readonly tokenReadyAt: { readonly time: string };
  readonly postsMade: { readonly count: number };
  readonly postStatus: { readonly status: string; readonly how: string };
  readonly postsAtX: { readonly count: number };
  readonly leftBehind: { readonly files: number; readonly processes: number };
}

export interface DemoTexts {
  readonly description: string;
  readonly fast: string;
  readonly json: string;
  readonly title: string;
  readonly introduction: string;
  readonly day: (day: number, time: string) => string;
  readonly actors: Readonly<Record<DemoActor, string>>;
  readonly scenes: Readonly<Record<DemoSceneId, string>>;
  readonly lines: { readonly [K in keyof DemoLines]: (facts: DemoLines[K]) => string };
  readonly facts: { readonly [K in keyof DemoFacts]: (seen: DemoFacts[K]) => string };
  readonly checked: string;
  readonly untrue: (told: string, seen: string) => string;
  readonly broke: (why: string) => string;
  readonly allTrue: (count: number) => string;
  readonly notTrue: string;
  readonly next: string;
}
