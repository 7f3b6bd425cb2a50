import type { Provider } from '../../providers/provider.ts';
import type { Network } from './network.ts';
import { auth0Network } from './auth0.ts';
import { githubNetwork } from './github.ts';
import { standardNetwork } from './standard.ts';
import { WORDS } from './words.ts';
import { xNetwork } from './x.ts';

/** Who plays which provider's resource API. One that is not listed gets errors by the RFC and a who-am-I call. */
const NETWORKS: ReadonlyMap<string, Network> = new Map([
  ['x', xNetwork],
  ['github', githubNetwork],
  ['auth0', auth0Network],
]);

export function networkOf(provider: Provider): Network {
  return NETWORKS.get(provider.id) ?? standardNetwork(provider, WORDS[provider.id]);
}
