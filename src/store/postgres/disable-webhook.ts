import type { Queryable } from './database.ts';

/** Nothing goes to it any more, and what waits fails. One that is disabled already keeps its time and its reason. */
export async function disableWebhook(
  tx: Queryable,
  { id, because }: { readonly id: string; readonly because: string },
  nowMs: number,
): Promise<void> {
  await tx.run(
    'update kippu.webhooks set disabled_at_ms = :nowMs, disabled_because = :because where id = :id and disabled_at_ms is null',
    { id, because, nowMs },
  );
  await tx.run(
    `update kippu.deliveries set state = 'failed', due_at_ms = null, taken_until_ms = null, ended_at_ms = :nowMs,
       last_error = coalesce(last_error, 'the webhook was disabled')
     where destination = :id and due_at_ms is not null`,
    { id, nowMs },
  );
}
