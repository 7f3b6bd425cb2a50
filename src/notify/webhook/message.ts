import { Webhook as Signer } from 'standardwebhooks';
import { SECOND_MS } from '../../model/clock.ts';
import { withInstants } from '../../model/event-data.ts';
import type { Secret } from '../../model/secret.ts';
import type { Facts } from '../facts.ts';

export interface SignedMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A message after the Standard Webhooks specification, version 1: the id is the event's and the same in every attempt, the
 * timestamp is the attempt's, and every secret adds a signature of `id.timestamp.body` (HMAC-SHA256).
 */
export function signedMessage(
  { id, body }: { readonly id: string; readonly body: string },
  secrets: readonly Secret[],
  nowMs: number,
): SignedMessage {
  const at = new Date(nowMs);
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'kippu-webhooks',
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(nowMs / SECOND_MS)),
      'webhook-signature': secrets.map((secret) => new Signer(secret.reveal()).sign(id, at, body)).join(' '),
    },
    body,
  };
}

/** What happened, and to what; thin, and never a secret. The current state is read from the API. */
export function eventBody({ event, connection, post }: Facts): string {
  return JSON.stringify({
    type: event.type,
    timestamp: new Date(event.atMs).toISOString(),
    data: {
      ...withInstants(event.data),
      sequence: event.sequence,
      ...(connection === undefined
        ? {}
        : {
            connection: {
              id: connection.id,
              name: connection.name,
              provider: connection.provider,
              owner: connection.owner,
              state: connection.state,
            },
          }),
      ...(event.postId === undefined ? {} : { post: { id: event.postId, status: post?.status ?? null } }),
    },
  });
}
