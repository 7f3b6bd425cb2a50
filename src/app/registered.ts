import { createHash } from 'node:crypto';
import type { Store } from '../model/store.ts';
import type { ProviderApp } from '../providers/provider-app.ts';

/** An app as the store notes it: of its secret, only whether it is still the same. */
export function registered(app: ProviderApp): Parameters<Store['home']['registerApps']>[0][number] {
  const secretHash = createHash('sha256')
    .update(`${app.id}:${app.clientSecret?.reveal() ?? app.clientKey?.jwk.reveal() ?? ''}`)
    .digest('base64url')
    .slice(0, 16);
  return { id: app.id, provider: app.provider.id, issuer: app.issuer, clientId: app.clientId, secretHash };
}
