import type { Random } from './random.ts';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type ConnectionId = Branded<'ConnectionId'>;
export type ProviderAppId = Branded<'ProviderAppId'>;
export type AttemptId = Branded<'AttemptId'>;
export type OrphanId = Branded<'OrphanId'>;
export type ConsentId = Branded<'ConsentId'>;
export type PostId = Branded<'PostId'>;
export type ScheduleId = Branded<'ScheduleId'>;
export type WebhookId = Branded<'WebhookId'>;
export type DeliveryId = Branded<'DeliveryId'>;
export type EventId = Branded<'EventId'>;
export type ApiKeyId = Branded<'ApiKeyId'>;
/** One installation's data directory; every process that shares it is the same node. */
export type NodeId = Branded<'NodeId'>;
/** A keyed hash of a token: tells whether two tokens are the same without holding either. */
export type Fingerprint = Branded<'Fingerprint'>;

const PREFIXES = {
  con: 'connection',
  att: 'attempt',
  orp: 'orphan',
  cns: 'consent',
  pst: 'post',
  sch: 'schedule',
  evt: 'event',
  whk: 'webhook',
  dlv: 'delivery',
  key: 'api key',
  nod: 'node',
} as const;
type Prefix = keyof typeof PREFIXES;

interface IdOf {
  con: ConnectionId;
  att: AttemptId;
  orp: OrphanId;
  cns: ConsentId;
  pst: PostId;
  sch: ScheduleId;
  evt: EventId;
  whk: WebhookId;
  dlv: DeliveryId;
  key: ApiKeyId;
  nod: NodeId;
}

/** Crockford's base 32 in lower case: no letter that could be read as a digit. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_CHARS = 20;

/** A new random id, 100 bits, as in `con_5v0m3q…`. */
export function newId<P extends Prefix>(prefix: P, random: Random): IdOf[P] {
  const chars = Array.from(random.bytes(ID_CHARS), (byte) => ALPHABET[byte % ALPHABET.length]);
  return `${prefix}_${chars.join('')}` as unknown as IdOf[P];
}

/** Whether a text from outside has the form of an id; a connection's name never does. */
export function hasIdForm<P extends Prefix>(prefix: P, text: string): text is string & IdOf[P] {
  return new RegExp(`^${prefix}_[${ALPHABET}]{${ID_CHARS}}$`).test(text);
}
