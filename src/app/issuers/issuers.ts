import type { Logger } from 'pino';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, type Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import type { HttpClient } from '../../model/http.ts';
import { readMetadata, type Metadata } from '../../protocol/discovery.ts';
import { proofOf, providerFromMetadata } from '../../protocol/provider-from-metadata.ts';
import { providerApp, type ProviderApp } from '../../providers/provider-app.ts';
import type { MetadataKeeper } from './metadata-files.ts';
import type { IssuerRegistration } from './registration.ts';

/** A description is read again after this long. */
const READ_AGAIN_MS = DAY_MS;
/** While one that was read is in force, a failure to read it again is no hurry. */
const RETRY_MS = HOUR_MS;
const FIRST_RETRY_MS = 30 * SECOND_MS;
const FIRST_RETRY_MAX_MS = 10 * MINUTE_MS;
/** A start waits this long for descriptions that were never read; then it goes on without them. */
export const START_PATIENCE_MS = 5 * SECOND_MS;

export interface IssuersPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly keeper: MetadataKeeper;
  readonly log: Logger;
  /** Called with every app as it is now: new, or with other endpoints than before. */
  readonly onApp: (app: ProviderApp) => Promise<void>;
}

/** One provider that describes itself, as far as it is known. */
interface Known {
  readonly registration: IssuerRegistration;
  app: ProviderApp | undefined;
  nextReadAtMs: number;
  failures: number;
  problem: string | undefined;
  reading: Promise<void> | undefined;
}

/**
 * The providers that describe themselves. What one said last is kept and in force from the start, whether it answers or
 * not; it is read again once a day. What was never read is asked for until it answers. A description that cannot be read,
 * or used, changes nothing: no app, no connection.
 */
export class Issuers {
  readonly #ports: IssuersPorts;
  readonly #known: readonly Known[];

  constructor(registrations: readonly IssuerRegistration[], ports: IssuersPorts) {
    this.#ports = ports;
    this.#known = registrations.map((registration) => ({
      registration,
      app: undefined,
      nextReadAtMs: 0,
      failures: 0,
      problem: undefined,
      reading: undefined,
    }));
  }

  /** Puts in force what was kept, and asks for the rest, for a while. Never throws for what a provider does. */
  async begin(): Promise<void> {
    for (const known of this.#known) await this.#takeKept(known);
    const missing = this.#known.filter(({ app }) => app === undefined);
    if (missing.length === 0) return;
    const stop = new AbortController();
    const read = Promise.all(missing.map((known) => this.#read(known)));
    await Promise.race([read, this.#ports.clock.sleep(START_PATIENCE_MS, stop.signal)]);
    stop.abort();
    for (const known of missing)
      if (known.app === undefined)
        known.problem ??= `${known.registration.issuer} has not answered yet. It is asked again; all else works.`;
  }

  /** Reads what is due. */
  async tend(): Promise<void> {
    const nowMs = this.#ports.clock.nowMs();
    await Promise.all(
      this.#known.filter(({ nextReadAtMs }) => nextReadAtMs <= nowMs).map((known) => this.#read(known)),
    );
  }

  /** What is the matter with this provider, if its description is missing, or could not be read again. */
  problemOf(id: string): string | undefined {
    return this.#known.find(({ registration }) => registration.id === id)?.problem;
  }

  async #takeKept(known: Known): Promise<void> {
    const { registration } = known;
    const kept = this.#ports.keeper.kept(registration.id);
    if (kept?.issuer !== registration.issuer) return;
    try {
      await this.#use(known, kept.metadata);
      known.nextReadAtMs = kept.readAtMs + READ_AGAIN_MS;
    } catch (error) {
      // Kept by another version, perhaps: it is read anew.
      this.#ports.log.warn(
        { err: error, provider: registration.id },
        'the kept description of this issuer is of no use',
      );
    }
  }

  /** Of several that ask for the same one, all get the same reading. */
  #read(known: Known): Promise<void> {
    known.reading ??= this.#readOnce(known).finally(() => {
      known.reading = undefined;
    });
    return known.reading;
  }

  async #readOnce(known: Known): Promise<void> {
    const { http, clock, keeper, log } = this.#ports;
    const { id, issuer } = known.registration;
    try {
      const metadata = await readMetadata(issuer, http);
      await this.#use(known, metadata);
      known.nextReadAtMs = clock.nowMs() + READ_AGAIN_MS;
      known.failures = 0;
      known.problem = undefined;
      keeper.keep(id, { issuer, readAtMs: clock.nowMs(), metadata });
    } catch (error) {
      known.failures += 1;
      known.nextReadAtMs = clock.nowMs() + pauseMs(known);
      known.problem = error instanceof KippuError ? error.message : 'its description could not be kept';
      log.warn({ err: error, provider: id }, 'the description of this issuer could not be read; it is tried again');
    }
  }

  async #use(known: Known, metadata: Metadata): Promise<void> {
    const app = appFrom(metadata, known.registration);
    await this.#ports.onApp(app);
    known.app = app;
  }
}

function pauseMs({ app, failures }: Known): number {
  return app === undefined ? Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), FIRST_RETRY_MAX_MS) : RETRY_MS;
}

/** Throws `misconfigured`, `invalid` for a description that cannot be used. */
export function appFrom(metadata: Metadata, { id, name, issuer, options }: IssuerRegistration): ProviderApp {
  const provider = providerFromMetadata(metadata, { id, name, issuer, provesBy: proofOf(options) });
  return providerApp(provider, { ...options, issuer });
}
