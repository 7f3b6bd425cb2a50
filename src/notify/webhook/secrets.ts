import { DAY_MS } from '../../model/clock.ts';
import type { WebhookId } from '../../model/ids.ts';
import type { Webhook } from '../../model/notice.ts';
import { randomText, type Random } from '../../model/random.ts';
import { Secret } from '../../model/secret.ts';
import type { SealBinding, Vault } from '../../model/vault.ts';

/** Within the 24 to 64 bytes of the specification. */
const SECRET_BYTES = 32;
const GENERATION_BYTES = 16;
/** How long the old secret signs beside the new one, so that a receiver can change over without losing anything. */
export const OVERLAP_MS = DAY_MS;

/** A new signing secret: base64 behind a prefix that secret scanners know. */
export function newWebhookSecret(random: Random): Secret {
  return new Secret(`whsec_${Buffer.from(random.bytes(SECRET_BYTES)).toString('base64')}`);
}

/** Seals the secrets of one webhook, the newest first, bound to its row. */
export function sealSecrets(
  secrets: readonly Secret[],
  id: WebhookId,
  { vault, random }: { readonly vault: Vault; readonly random: Random },
): { readonly sealed: Uint8Array; readonly generation: string } {
  const generation = randomText(random, GENERATION_BYTES);
  const text = new Secret(JSON.stringify(secrets.map((secret) => secret.reveal())));
  return { sealed: vault.seal(binding(id, generation), text), generation };
}

/** The secrets that sign at a moment: the newest, and during the overlap the one before. Throws `unreadable`. */
export function signingSecrets(webhook: Webhook, vault: Vault, nowMs: number): readonly Secret[] {
  const text = vault.open(binding(webhook.id, webhook.generation), webhook.sealed);
  const secrets = (JSON.parse(text.reveal()) as string[]).map((secret) => new Secret(secret));
  const isOverlapping = webhook.overlapEndsAtMs !== undefined && nowMs < webhook.overlapEndsAtMs;
  return secrets.slice(0, isOverlapping ? 2 : 1);
}

function binding(id: WebhookId, generation: string): SealBinding {
  return { table: 'webhooks', rowId: id, providerAppId: '', owner: '', generation };
}
