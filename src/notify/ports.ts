import type { Clock } from '../model/clock.ts';
import type { ConnectionStore } from '../model/connection-store.ts';
import type { FaultPoints } from '../model/fault-points.ts';
import type { HomeStore } from '../model/home-store.ts';
import type { HttpClient } from '../model/http.ts';
import type { NoticeStore } from '../model/notice-store.ts';
import type { PostStore } from '../model/post-store.ts';
import type { Random } from '../model/random.ts';
import type { Vault } from '../model/vault.ts';
import type { MailLanguage } from './mail/letter.ts';
import type { MailTransport } from './mail/transport.ts';
import type { AddressRules } from './webhook/addresses.ts';

/** Whom notices may go to, as it is configured. */
export interface NoticeOptions {
  readonly addresses: AddressRules;
  /** Absent: nothing is mailed from here. */
  readonly mail: MailPorts | undefined;
}

/** All that telling others touches outside itself. */
export interface NoticePorts extends NoticeOptions {
  readonly notices: NoticeStore;
  readonly connections: Pick<ConnectionStore, 'find'>;
  readonly posts: Pick<PostStore, 'read'>;
  readonly home: Pick<HomeStore, 'apps'>;
  readonly vault: Vault;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultPoints;
  /** Origin of the pages that mails link to. */
  readonly publicUrl: string;
}

export interface MailPorts {
  readonly transport: MailTransport;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly language: MailLanguage;
  /** The IANA zone that times are written in. */
  readonly timeZone: string;
}
