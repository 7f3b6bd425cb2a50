import type { StoredCredential } from '../model/credential-store.ts';
import type { TokenSet } from '../model/token-set.ts';
import { bindingOf, readTokens } from '../protocol/stored-tokens.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import type { RenewalPorts } from './ports.ts';

/** Opens a connection's stored tokens. Throws `unreadable`. */
export function openTokens(
  { credential, app }: { readonly credential: StoredCredential; readonly app: ProviderApp },
  { vault }: Pick<RenewalPorts, 'vault'>,
): TokenSet {
  const { connectionId, owner, generation, sealed } = credential;
  return readTokens(vault.open(bindingOf({ connectionId, owner, app }, generation), sealed));
}
