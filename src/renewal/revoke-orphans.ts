import type { ConnectionId } from '../model/ids.ts';
import { bindingOf, readTokens } from '../protocol/stored-tokens.ts';
import type { RenewalPorts } from './ports.ts';
import { revokeAtProvider } from './revoke-tokens.ts';

/**
 * Revokes at the provider what arrived for a connection after it had been revoked here. `false`: something is left, and
 * is worth another try.
 */
export async function revokeOrphans(id: ConnectionId, ports: RenewalPorts): Promise<boolean> {
  for (;;) {
    const orphan = await ports.credentials.untriedOrphan(id);
    if (orphan === undefined) return true;
    const app = ports.apps.get(orphan.providerAppId);
    if (app === undefined) return false;
    const binding = bindingOf({ connectionId: id, owner: orphan.owner, app }, orphan.tokens.generation);
    const outcome = await revokeAtProvider(
      app,
      readTokens(ports.vault.open(binding, orphan.tokens.sealed)),
      'tokens',
      ports,
    );
    if (outcome.kind === 'failed' && outcome.retryable) return false;
    await ports.credentials.noteOrphanTried(orphan.id);
  }
}
