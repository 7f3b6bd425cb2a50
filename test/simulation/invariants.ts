/** The promises. Each is checked after every step that could break it, or when everything has settled. */
export const INVARIANTS = {
  'one presenter': 'a refresh token is not presented while an earlier presentation of it may still act or answer',
  'no answer lost': 'a rotated pair that reached a process which lives on is in the store or in a spool',
  'no newer overwritten': 'a token set never takes the place of one that came after it',
  'no false reauth': 'nobody has to consent again while a refresh token that is good is kept here',
  'no family killed': 'a reuse never kills tokens that are kept here, or that a living process has in its hands',
  'durable at once': 'an answer is durable within seconds of its arrival, as long as the store or a disk takes it',
  'no false doubt': 'a connection is not called uncertain while its sender lives and listens',
  'revoked is revoked': 'what was revoked here, and at the provider, has no living grant there',
  'everything settles': 'once the faults stop, nothing stays uncertain, leased or waiting',
  'no reader refused': 'whoever asks for a token gets the stored one while it lives',
  'no double post': 'a post stands on the network once at most',
  'published has its id': 'a post that counts as published stands on the network under its remote id',
  'one run, one post': 'each time of a schedule makes one post at most, and it stands on the network once at most',
  'no run lost': 'a schedule leaves no time behind without a record of what became of it',
  'a run keeps its time': 'no run goes out before its time, and only a policy that says so makes up for a missed one',
  'schedules go on': 'once the faults stop, every schedule deals with its next times',
  'no notice lost': 'whoever wants to hear of what happens here is told of all of it, once the faults have stopped',
  'a notice keeps its id': 'a notice has the id and the number of what it tells of, however often it is sent',
  'no needless notice': 'a notice that has arrived is not sent again while processes, store and clocks are well',
  'no copy taken over': 'a refresh token that is here, or was spent here, is never imported',
  'every secret sealed': 'no token is stored in the clear, neither in the store nor in a spool',
  'nothing thrown': 'no call fails with an error that no fault explains',
} as const;
export type InvariantName = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantName;
  readonly detail: string;
  readonly atMs: number;
}
