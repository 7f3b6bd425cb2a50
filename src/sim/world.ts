import { SECOND_MS } from '../model/clock.ts';
import type { Random } from '../model/random.ts';
import type { Provider } from '../providers/provider.ts';
import type { SimEvent } from './events.ts';
import type { SimClient } from './registrations.ts';
import type { SimState } from './state.ts';
import type { Reply } from './wire.ts';

/** What an endpoint may look at while it decides. It changes nothing. */
export interface World {
  readonly provider: Provider;
  readonly state: SimState;
  /** Whether one can post there. */
  readonly takesPosts: boolean;
  /** Absent: every client id is accepted. */
  readonly clients: ReadonlyMap<string, SimClient> | undefined;
  /** How many times faster tokens age. */
  readonly fast: number;
  readonly nowMs: number;
  /** Where this simulator is reached, by the request's own word; without a socket it is where the provider is. */
  readonly origin: string | undefined;
  readonly random: Random;
}

/** What a request does and what it is answered. The events are durable before the reply leaves. */
export interface Decision {
  readonly events: readonly SimEvent[];
  readonly reply: Reply;
}

export function justReply(reply: Reply): Decision {
  return { events: [], reply };
}

/** An access token's life in whole seconds, at least one, as `expires_in` says it. */
export function accessLifeSeconds(world: World, { isConsent = false }: { readonly isConsent?: boolean } = {}): number {
  const { access, renewal } = world.provider;
  const lifeMs = (isConsent ? renewal?.shortLived?.lifetimeMs : undefined) ?? access.lifetimeMs;
  return Math.max(1, Math.floor(lifeMs / world.fast / SECOND_MS));
}

/**
 * When a refresh token ends that is issued now, in a grant of that time; `undefined` where no end is known. With
 * `idle`, a provider that only states an absolute life has that one counted from the last renewal.
 */
export function refreshEndMs(world: World, consentedAtMs: number): number | undefined {
  const { refreshAbsoluteMs, refreshIdleMs } = world.state.settings;
  const absoluteMs = refreshAbsoluteMs ?? undefined;
  const idleMs = refreshIdleMs ?? undefined;
  const isIdle = world.state.settings.refreshLife === 'idle';
  const ends = [
    isIdle || absoluteMs === undefined ? undefined : consentedAtMs + absoluteMs / world.fast,
    idleMs !== undefined
      ? world.nowMs + idleMs / world.fast
      : isIdle && absoluteMs !== undefined
        ? world.nowMs + absoluteMs / world.fast
        : undefined,
  ].filter((end) => end !== undefined);
  return ends.length === 0 ? undefined : Math.round(Math.min(...ends));
}

/** What becomes of a grant's access tokens when it ends: one that its API reads by itself lives on. */
export function accessAfterEnd({ provider }: World): 'ends' | 'lives' {
  return provider.access.selfContained === true ? 'lives' : 'ends';
}
