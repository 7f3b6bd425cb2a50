import { settlePendings } from '../connect/pending.ts';
import type { App } from './open.ts';

/**
 * Asks once more whose accounts the consents are for that came back while the provider could not say. The worker does
 * this by itself; this is for a process that has none. Gives how many were settled.
 */
export function settlePendingConsents({ connect, log }: App): Promise<number> {
  return settlePendings(connect, (consent, error) => {
    log.error({ err: error, consent }, 'this consent could not be settled');
  });
}
