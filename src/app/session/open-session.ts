import { pino, type Logger } from 'pino';
import { CONSENT_LIFETIME_MS } from '../../connect/begin.ts';
import { SECOND_MS, type Clock } from '../../model/clock.ts';
import { KippuError } from '../../model/errors.ts';
import { newId } from '../../model/ids.ts';
import { Secret } from '../../model/secret.ts';
import type { Store } from '../../model/store.ts';
import type { Fingerprinter } from '../../model/vault.ts';
import { Nonces } from '../../protocol/nonces.ts';
import { SigningKeys } from '../../protocol/signing-keys.ts';
import { isLoopback } from '../../providers/provider-app.ts';
import { Flights } from '../../renewal/flights.ts';
import { Turns } from '../../renewal/turns.ts';
import { reapplySpool } from '../../renewal/reapply.ts';
import { MemoryConsents } from '../../session/memory-consents.ts';
import type { SessionPorts } from '../../session/ports.ts';
import { CookieSeal, sameNonce } from '../../session/signed-in.ts';
import { SPENT_GRACE_MS } from '../../session/standing.ts';
import { openDataDirectory } from '../../store/data-directory.ts';
import { MemorySpool } from '../../store/memory/spool.ts';
import { openSqliteStore } from '../../store/sqlite/store.ts';
import { createFingerprinter, generateFingerprintKey } from '../../vault/fingerprints.ts';
import { parseKeyRing, type KeyRing } from '../../vault/key-ring.ts';
import { rotateVault, type RotationOptions } from '../../vault/rotate.ts';
import { RingVault } from '../../vault/vault.ts';
import { directorySpool } from '../directory-spool.ts';
import { heldStore } from '../copied.ts';
import { openHome } from '../home.ts';
import type { Outside } from '../open.ts';
import { readTiming } from '../option-spans.ts';
import { tendOwnSpool } from '../own-spool.ts';
import { systemProcesses } from '../ports/system-processes.ts';
import { registered } from '../registered.ts';
import { checkSessionOptions } from './session-options.ts';
import type { SessionOptions } from './session.ts';

const COOKIE_BYTES_MAX = 7168;
const TIDY_EVERY_MS = 60 * SECOND_MS;
const TIDY_AT_ONCE = 200;
const RESEAL_AT_ONCE = 200;

/** Cookie mode with everything that it works with. */
export interface OpenSession {
  readonly ports: SessionPorts;
  readonly base: string;
  readonly publicUrl: URL;
  readonly log: Logger;
  /** Forgets what nobody needs any more; at most once a minute, and nobody waits for it. */
  tidy(): void;
  close(): Promise<void>;
}

/** Throws `invalid`, `wrong_key_ring`, `store_unavailable`, `store_copied`. */
export async function openSession(options: SessionOptions, outside: Outside): Promise<OpenSession> {
  checkSessionOptions(options, '');
  const { log = pino({ level: 'silent' }), basePath = '/auth' } = options;
  const publicUrl = siteOf(options.publicUrl);
  const base = `/${basePath.split('/').filter(Boolean).join('/')}`.replace(/\/$/, '');
  const ring = ringOf(options);
  const apps = new Map(options.providers.map((app) => [app.id, app]));
  const vault = new RingVault(ring, outside.random);
  const ledger = options.renewal === false ? undefined : await openLedger({ ...options, log }, outside);
  const { http, random, faults } = outside;
  // Processes that share a ledger share its time.
  const clock = ledger?.clock ?? outside.clock;
  const fingerprinter = ledger?.fingerprinter ?? createFingerprinter(generateFingerprintKey(random));
  const ports: SessionPorts = {
    ...{ apps, vault, http, clock, random, faults, fingerprinter },
    // Every process of one ledger seals the same session to the same bytes; without one, nobody could compare them.
    cookies: new CookieSeal(vault, (content) =>
      ledger === undefined ? vault : new RingVault(ring, sameNonce(fingerprinter, content)),
    ),
    rules: {
      isSecure: publicUrl.protocol === 'https:',
      sameSite: options.sameSite ?? 'lax',
      lifetime: options.lifetime ?? 'persistent',
      bytesMax: options.maxCookieBytes ?? COOKIE_BYTES_MAX,
    },
    origin: publicUrl.origin,
    nonces: ledger?.nonces ?? new Nonces(),
    idTokens: new SigningKeys({ http, clock }),
    keepsIdToken: options.keepIdToken ?? true,
    consents: ledger?.consents ?? new MemoryConsents(),
    renewals: ledger?.renewals,
    signInUrl: (provider) => `${publicUrl.origin}${base}/login/${provider}`,
    onReuse: (reuse) => {
      tellReuse(reuse, options, log);
    },
  };
  const tidying = new Tidying(ports, log);
  return {
    ports,
    base,
    publicUrl,
    log,
    tidy: () => {
      tidying.tidy();
    },
    async close() {
      await tidying.done();
      await ledger?.close();
    },
  };
}

function siteOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (url === undefined || !isSafe || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new KippuError(
      'invalid',
      'publicUrl must be an origin: https://app.example.com, or http on loopback such as http://127.0.0.1:3000. A path goes into basePath.',
      { where: 'publicUrl' },
    );
  }
  return url;
}

function ringOf({ keys }: SessionOptions): KeyRing {
  if (keys !== undefined && keys !== '') return parseKeyRing(new Secret(keys), 'keys');
  throw new KippuError(
    'wrong_key_ring',
    'Cookies are sealed with a key ring, and there is none. Run `npx kippu vault keygen` once, keep what it prints safe, and give it as `keys`.',
    { where: 'keys' },
  );
}

interface OpenLedger {
  readonly renewals: NonNullable<SessionPorts['renewals']>;
  readonly consents: SessionPorts['consents'];
  readonly fingerprinter: Fingerprinter;
  readonly nonces: Nonces;
  readonly clock: Clock;
  close(): Promise<void>;
}

async function openLedger(options: SessionOptions & { readonly log: Logger }, outside: Outside): Promise<OpenLedger> {
  const { ledger, home: homePath = '.kippu' } = options;
  if (ledger === undefined) {
    throw new KippuError(
      'invalid',
      "Renewals need a ledger: ledger: sqlite('sessions.db'), or 'memory' for one process. Without renewals, say renewal: false.",
      { where: 'ledger' },
    );
  }
  const { random } = outside;
  const isInMemory = ledger === 'memory';
  const directory = isInMemory ? undefined : openDataDirectory(homePath, random);
  const store = isInMemory
    ? await openSqliteStore({ path: ':memory:', ...outside, migrates: true })
    : await ledger(outside);
  const clock = store.clock ?? outside.clock;
  try {
    const given = new Secret(options.keys ?? '');
    const home = await openHome(store, { given, file: undefined, prefersFile: false, isProduction: true }, random);
    if (home.copied !== undefined) throw heldStore(home.copied);
    await store.home.registerApps(options.providers.map(registered));
    const processes = systemProcesses(directory?.nodeId() ?? newId('nod', random));
    const spool =
      directory === undefined
        ? new MemorySpool(clock)
        : directorySpool(directory.spoolPath, { ...outside, clock }, processes);
    const nonces = new Nonces();
    // A ledger forgets what it has settled, so it cannot say what it lacks: nothing is kept beside a commit.
    const { lacking: _, ...credentials } = store.credentials;
    const renewal = {
      ...outside,
      ...{ clock, nonces, spool, processes, turns: new Turns({ ...outside, clock }) },
      credentials,
      connections: store.connections,
      home: store.home,
      apps: new Map(options.providers.map((app) => [app.id, app])),
      vault: home.vault,
      fingerprinter: home.fingerprinter,
      timing: readTiming(options.timing),
    };
    await reapplySpool(renewal, { acknowledged: 'left' });
    await sealWithFirstKey({ store, vault: home.vault, spool, random });
    const flights = new Flights(renewal);
    const tending = tendOwnSpool(renewal, { log: options.log, looksAt: 'waiting' });
    return {
      renewals: { flights, credentials: store.credentials, sessions: store.ledger },
      consents: store.consents,
      fingerprinter: home.fingerprinter,
      nonces,
      clock,
      async close() {
        await flights.drain();
        await tending.stop();
        await spool.close();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * After a new key has come to the front of the ring, nothing here may need the old one: the ledger would not open any
 * more when that is taken away. Cookies change over by themselves.
 */
async function sealWithFirstKey({ store, ...rest }: Resealing): Promise<void> {
  const home = await store.home.read();
  if (home === undefined || rest.vault.keyIdOf(home.keyCheck.sealed) === rest.vault.sealingKeyId) return;
  await rotateVault({ home: store.home, ...rest, pageSize: RESEAL_AT_ONCE });
}

type Resealing = Pick<RotationOptions, 'spool' | 'vault' | 'random'> & { readonly store: Store };

function tellReuse(reuse: Parameters<SessionPorts['onReuse']>[0], { onReuse }: SessionOptions, log: Logger): void {
  log.warn({ ...reuse }, 'a spent cookie was presented: it may have been stolen');
  try {
    onReuse?.(reuse);
  } catch (error) {
    log.error({ err: error }, 'onReuse failed');
  }
}

class Tidying {
  readonly #ports: SessionPorts;
  readonly #log: Logger;
  #lastMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | undefined;

  constructor(ports: SessionPorts, log: Logger) {
    this.#ports = ports;
    this.#log = log;
  }

  tidy(): void {
    const { clock } = this.#ports;
    if (clock.monotonicMs() - this.#lastMs < TIDY_EVERY_MS) return;
    this.#lastMs = clock.monotonicMs();
    this.#underWay = this.#forget(clock.nowMs()).catch((error: unknown) => {
      this.#log.error({ err: error }, 'what is over could not be forgotten; it is tried again');
    });
  }

  async #forget(nowMs: number): Promise<void> {
    const { consents, renewals } = this.#ports;
    // Its browser's cookie is over, also by another process's clock: the answer cannot be brought again.
    await consents.expire({ nowMs, forgetBeforeMs: nowMs - 2 * CONSENT_LIFETIME_MS });
    await renewals?.sessions.forget({
      presentedBeforeMs: nowMs - SPENT_GRACE_MS,
      endedBeforeMs: nowMs,
      limit: TIDY_AT_ONCE,
    });
  }

  async done(): Promise<void> {
    await this.#underWay;
  }
}
