import { jsonReply } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';
import { FEATURES } from '../features.ts';
import { issuerOf, placeOf } from './addresses.ts';
import { newKey, publicJwk, signerOf } from './signing-keys.ts';

/** `GET` of the provider's description of itself (OpenID Connect Discovery, section 4). */
export function answerDiscovery(world: World): Decision {
  const { endpoints, scopes, idToken, identity, dpop } = world.provider;
  const at = (url: string | undefined): string | undefined =>
    url === undefined ? undefined : placeOf(url, world.origin);
  return justReply(
    jsonReply(200, {
      issuer: issuerOf(world),
      authorization_endpoint: at(endpoints.authorization),
      token_endpoint: at(endpoints.token),
      device_authorization_endpoint: at(endpoints.deviceCode),
      userinfo_endpoint: identity.path === '' ? undefined : at((endpoints.identity ?? endpoints.api) + identity.path),
      jwks_uri: at(endpoints.jwks),
      revocation_endpoint: at(endpoints.revocation),
      introspection_endpoint: at(endpoints.introspection),
      pushed_authorization_request_endpoint: at(endpoints.pushedAuthorization),
      require_pushed_authorization_requests: FEATURES.requirePushed(world.provider),
      authorization_response_iss_parameter_supported: FEATURES.authorizationResponseIssuer(world.provider),
      dpop_signing_alg_values_supported: dpop?.algorithms,
      scopes_supported: scopes.known,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: idToken?.algorithms,
      code_challenge_methods_supported: ['S256', 'plain'],
    }),
  );
}

/** `GET` of the keys (RFC 7517, section 5). */
export function answerKeys(world: World): Decision {
  const { key, events } = signerOf(world);
  const keys = events.length > 0 ? [key] : world.state.signingKeys;
  return { events, reply: jsonReply(200, { keys: keys.map(publicJwk) }) };
}

/** Signs with a new key from now on. The one before stays published, unless it is withdrawn. */
export function rotateKeys(world: World, { withdraw }: { readonly withdraw: boolean }): Decision {
  const key = newKey(world);
  return { events: [{ kind: 'key_made', key, isAlone: withdraw }], reply: jsonReply(200, { kid: key.kid }) };
}
