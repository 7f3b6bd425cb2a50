import type { Provider } from '../providers/provider.ts';
import type { FeatureName } from '../providers/quirks.ts';

/** Whether a provider offers it, and so whether it is played. A table over all features: one that nobody plays does not compile. */
export const FEATURES = {
  /** `oauth/assertion-check.ts` */
  privateKeyJwt: ({ clientAuth }: Provider): boolean => clientAuth.privateKeyJwt !== undefined,
  /** `oauth/pushed-requests.ts` */
  pushedAuthorization: ({ endpoints }: Provider): boolean => endpoints.pushedAuthorization !== undefined,
  requirePushed: ({ requirePushed }: Provider): boolean => requirePushed === true,
  /** `oauth/consent.ts` */
  authorizationResponseIssuer: (provider: Provider): boolean => provider.authorizationResponseIssuer === true,
  /** `oauth/proof-check.ts` */
  dpop: ({ dpop }: Provider): boolean => dpop !== undefined,
  /** `oauth/introspection-endpoint.ts` */
  introspection: ({ endpoints }: Provider): boolean => endpoints.introspection !== undefined,
} as const satisfies Record<FeatureName, (provider: Provider) => boolean>;
