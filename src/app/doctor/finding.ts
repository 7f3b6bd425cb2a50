import type { RefreshNeed } from '../../providers/provider.ts';
import type { ConnectionState } from '../../model/connection.ts';
import type { Copied } from '../copied.ts';
import type { Named } from '../../model/survey-store.ts';

/** So many connections are named in one finding, and beyond them counted. */
export const NAMES_MAX = 100;

/** `problem`: something does not work, or will not. `skipped`: it could not be looked at. */
export type FindingLevel = 'ok' | 'warning' | 'problem' | 'skipped';

/** One thing that was looked at, as facts; what it means and what to do is said by whoever shows it. */
export type Finding = { readonly level: FindingLevel } & FindingFacts;

/** Findings with a sentence for each connection. */
export type OneByOne = 'consent_needed_soon' | 'id_token_refused' | 'consent_ends_before_post';

type FindingFacts =
  | { readonly kind: 'node'; readonly version: string; readonly platform: string }
  | { readonly kind: 'config_invalid'; readonly error: string }
  | { readonly kind: 'setting_unknown'; readonly name: string; readonly nearest: string | undefined }
  | { readonly kind: 'setting_untidy'; readonly name: string; readonly what: 'spaces' | 'quotes' | 'placeholder' }
  | { readonly kind: 'directory_missing'; readonly path: string }
  | { readonly kind: 'directory_good'; readonly path: string }
  | { readonly kind: 'directory_unusable'; readonly path: string; readonly error: string }
  | { readonly kind: 'directory_open_to_others'; readonly path: string; readonly mode: string }
  | { readonly kind: 'ring_not_made'; readonly isProduction: boolean }
  | { readonly kind: 'ring_unused'; readonly source: string; readonly keyIds: readonly string[] }
  | { readonly kind: 'ring_good'; readonly source: string; readonly keyIds: readonly string[] }
  | { readonly kind: 'ring_bad'; readonly error: string }
  | { readonly kind: 'store_new'; readonly url: string }
  | { readonly kind: 'store_in_memory' }
  | { readonly kind: 'store_good'; readonly url: string }
  | { readonly kind: 'store_unusable'; readonly error: string }
  | { readonly kind: 'store_behind'; readonly migrations: readonly string[] }
  | { readonly kind: 'store_copied'; readonly copied: Copied }
  | { readonly kind: 'app_none' }
  | {
      readonly kind: 'app';
      readonly provider: string;
      readonly clientId: string;
      readonly hasSecret: boolean;
      /** Whether only the device flow does without a secret. */
      readonly deviceOnlyWithoutSecret: boolean;
      readonly callback: string;
    }
  | { readonly kind: 'callback_host'; readonly provider: string; readonly host: string; readonly wanted: string }
  | { readonly kind: 'callback_port'; readonly publicUrl: string; readonly port: number }
  | { readonly kind: 'scope_unknown'; readonly provider: string; readonly scope: string }
  | { readonly kind: 'base_url'; readonly provider: string; readonly origin: string }
  | { readonly kind: 'issuer_good'; readonly provider: string; readonly issuer: string }
  | { readonly kind: 'issuer_silent'; readonly provider: string; readonly error: string; readonly isKept: boolean }
  | { readonly kind: 'app_held'; readonly provider: string; readonly error: string | undefined }
  | {
      readonly kind: 'app_refused';
      readonly provider: string;
      readonly error: string | undefined;
      readonly sinceMs: number;
    }
  | {
      readonly kind: 'app_elsewhere';
      readonly provider: string;
      readonly clientId: string;
      readonly issuer: string;
      readonly connections: number;
    }
  | { readonly kind: 'clock_good'; readonly host: string; readonly aheadMs: number }
  | { readonly kind: 'clock_off'; readonly host: string; readonly aheadMs: number }
  | { readonly kind: 'clock_not_compared'; readonly host: string; readonly why: string }
  | { readonly kind: 'server_running'; readonly url: string; readonly pid: number; readonly version: string }
  | { readonly kind: 'port_free'; readonly host: string; readonly port: number }
  | { readonly kind: 'port_taken'; readonly host: string; readonly port: number }
  | { readonly kind: 'port_unusable'; readonly host: string; readonly port: number; readonly error: string }
  | {
      readonly kind: 'history';
      /** How long attempts are kept; 0: for good. */
      readonly days: number;
      /** Attempts, fingerprints of spent tokens, events; each counted up to `rowsMax`. */
      readonly rows: readonly [number, number, number];
      readonly rowsMax: number;
      readonly lastRound: { readonly endedAtMs: number; readonly forgotten: number } | undefined;
    }
  | { readonly kind: 'spool_good' }
  | { readonly kind: 'spool_waiting'; readonly count: number }
  | { readonly kind: 'spool_damaged'; readonly files: readonly string[] }
  | ({
      /** A node has said nothing for a while, and was the last that could have been answered for these connections. */
      readonly kind: 'answers_elsewhere';
      readonly nodeId: string;
      /** When it last said that nothing waits in its spool. */
      readonly heardAtMs: number | undefined;
    } & Named)
  | ({
      readonly kind: 'grants_crowded';
      readonly provider: string;
      readonly handle: string;
      readonly max: number;
    } & Named)
  | ({
      readonly kind: 'no_refresh_token';
      readonly provider: string;
      readonly needs: readonly RefreshNeed[];
      /** Where a user takes back an earlier consent. */
      readonly consentsUrl: string | undefined;
    } & Named)
  | { readonly kind: 'id_token_refused'; readonly name: string; readonly reason: string }
  | ({
      readonly kind: 'testing_suspected';
      readonly provider: string;
      readonly days: number;
      readonly variable: string;
    } & Named)
  /** The provider says so; by our own account they live. */
  | { readonly kind: 'tokens_dead'; readonly provider: string; readonly names: readonly string[] }
  | { readonly kind: 'tokens_not_asked'; readonly provider: string; readonly error: string }
  | { readonly kind: 'tokens_living'; readonly provider: string; readonly count: number }
  | ({ readonly kind: 'never_expires' } & Named)
  | ({ readonly kind: 'orphans' } & Named)
  | { readonly kind: 'connections'; readonly counts: Readonly<Record<ConnectionState, number>> }
  /** Some things are looked for in the first connections alone, where there are very many. */
  | { readonly kind: 'connections_beyond'; readonly lookedAt: number; readonly count: number }
  /** As many again as were said one by one. */
  | { readonly kind: 'more'; readonly of: OneByOne; readonly count: number }
  | ({ readonly kind: 'connections_uncertain' } & Named)
  | ({ readonly kind: 'consent_needed' } & Named)
  | ({ readonly kind: 'reuse_suspected' } & Named)
  | { readonly kind: 'consent_needed_soon'; readonly name: string; readonly atMs: number }
  | { readonly kind: 'mail_off' }
  | { readonly kind: 'mail_good'; readonly server: string; readonly recipients: readonly string[] }
  | { readonly kind: 'mail_unusable'; readonly error: string }
  | { readonly kind: 'mails_failing'; readonly recipient: string; readonly count: number; readonly error: string }
  | { readonly kind: 'webhook_good'; readonly id: string; readonly origin: string }
  | { readonly kind: 'webhook_disabled'; readonly id: string; readonly origin: string; readonly because: string }
  | {
      readonly kind: 'webhook_failing';
      readonly id: string;
      readonly origin: string;
      readonly count: number;
      readonly error: string;
    }
  | {
      readonly kind: 'consent_ends_before_post';
      readonly name: string;
      readonly atMs: number;
      readonly postAtMs: number;
    };

export type FindingKind = Finding['kind'];

/** As a finding carries them: the first of them, and how many there are. */
export function named(names: readonly string[]): Named {
  return { names: names.slice(0, NAMES_MAX), count: names.length };
}
