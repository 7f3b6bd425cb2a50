import { DAY_MS } from '../model/clock.ts';
import type { ConnectionId } from '../model/ids.ts';
import type { Upcoming } from '../model/schedule-store.ts';
import { needsProof, warningBeforePost } from '../posts/outlook.ts';
import type { App } from './open.ts';

const PAGE = 200;

/**
 * Looks at every connection that has something to publish: is its grant alive, and will it live until then? What is found
 * here can still be helped; what is found when the post is due cannot.
 */
export async function lookAtComing(app: App, report: (id: ConnectionId, error: unknown) => void): Promise<void> {
  let after: ConnectionId | undefined;
  for (;;) {
    const page = await app.store.schedules.upcoming({ after, limit: PAGE });
    for (const coming of page) {
      try {
        await lookAt(coming, app);
      } catch (error) {
        report(coming.connectionId, error);
      }
    }
    after = page.at(-1)?.connectionId;
    if (after === undefined || page.length < PAGE) return;
  }
}

async function lookAt({ connectionId, atMs }: Upcoming, app: App): Promise<void> {
  const { store, flights, options } = app;
  const credential = await store.credentials.read(connectionId);
  if (credential === undefined) return;
  const nowMs = options.outside.clock.nowMs();
  if (needsProof(credential, atMs, nowMs)) {
    await flights.ask(connectionId, { kind: 'now', afterVersion: credential.version });
    return;
  }
  const warning = warningBeforePost(credential, atMs, nowMs);
  if (warning === undefined) return;
  await store.credentials.warnReauthSoon(connectionId, {
    daysBefore: Math.max(1, Math.ceil((warning.endsAtMs - nowMs) / DAY_MS)),
    refreshExpiresAtMs: warning.endsAtMs,
    beforePost: { postAtMs: atMs, grantedAtMs: credential.grantedAtMs },
  });
}
