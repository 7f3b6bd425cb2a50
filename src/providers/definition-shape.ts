import { REAUTH_REASONS } from '../model/connection.ts';
import type { TokenCarrier } from '../model/token-set.ts';
import {
  ID_TOKEN_ALGORITHMS,
  REFRESH_NEEDS,
  SIGNING_ALGORITHMS,
  type AccessCheck,
  type AccessLifetime,
  type AccessTokenRenewal,
  type AppParameters,
  type CallbackRules,
  type ClientAuth,
  type Endpoints,
  type Hosting,
  type Identity,
  type IdTokenRules,
  type Provider,
  type RefreshLifetime,
  type Registration,
  type Scopes,
  type Tenancy,
  type TokenErrorRow,
  type TokenExchange,
} from './provider.ts';
import { isLoopback } from './provider-app.ts';
import type { QuirkName } from './quirks.ts';
import {
  count,
  flag,
  listOf,
  mapOf,
  objectOf,
  oneOf,
  orEmpty,
  path,
  pointer,
  span,
  text,
  variantOf,
  wrong,
  type Check,
} from './shape.ts';

/**
 * What a definition may have, as data over the fields of {@link Provider}: a field that cannot be defined does not compile
 * there. What has a default may be left out.
 */

/** RFC 6749, sections 3.1 and 3.2: TLS, and no fragment. Loopback is for tests and simulators. */
export const endpoint: Check = (value, where) => {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) throw wrong(where, value, 'a whole URL, as in https://acme.example/oauth/token');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw wrong(where, value, 'an https URL: codes and tokens would travel unencrypted. On 127.0.0.1, http will do');
  if (url.hash !== '' || url.username !== '' || url.password !== '')
    throw wrong(where, value, 'a URL without a fragment, a user or a password in it');
};

const endpoints = objectOf({
  issuer: endpoint,
  authorization: orEmpty(endpoint),
  token: orEmpty(endpoint),
  revocation: endpoint,
  pushedAuthorization: endpoint,
  introspection: endpoint,
  deviceCode: endpoint,
  devicePage: endpoint,
  identity: endpoint,
  jwks: endpoint,
  discovery: endpoint,
  renewal: endpoint,
  upgrade: endpoint,
  api: endpoint,
} satisfies Record<keyof Endpoints, Check>);

const texts = listOf(text);
const separator = oneOf(' ', ',');
const algorithms = listOf(oneOf(...SIGNING_ALGORITHMS), 1);

const scopes = objectOf({
  separator,
  separatorInAnswer: separator,
  offline: text,
  always: texts,
  isOpen: flag,
  presets: mapOf(texts),
  known: texts,
} satisfies Record<keyof Scopes, Check>);

const clientAuth = objectOf({
  confidential: oneOf('basic', 'body'),
  privateKeyJwt: objectOf({ algorithms, audience: oneOf('issuer', 'token_endpoint') }, ['algorithms', 'audience']),
} satisfies Record<keyof ClientAuth, Check>);

const access = objectOf({
  lifetimeMs: span,
  whenMissing: oneOf('never', 'unknown'),
  selfContained: flag,
  isAnswered: (value, where) => {
    if (value !== false) throw wrong(where, value, 'false, or leave it out');
  },
} satisfies Record<keyof AccessLifetime, Check>);

const refresh = objectOf({
  rotation: oneOf('single-use', 'reusable', 'none'),
  absoluteMs: span,
  idleMs: span,
  reuseGraceMs: span,
  graceForksFamily: flag,
  reuseKillsFamily: flag,
  renewalKillsAccess: flag,
  configurable: flag,
  omittedScopeWidens: flag,
  needs: listOf(oneOf(...REFRESH_NEEDS)),
  answered: oneOf('new', 'same', 'sometimes', 'none'),
  needsParams: mapOf(text),
  testingAbsoluteMs: span,
  consentsUrl: endpoint,
} satisfies Record<keyof RefreshLifetime, Check>);

const kind = objectOf({ kind: text });
const tokenErrors = listOf(
  objectOf(
    {
      status: count,
      error: text,
      description: text,
      descriptionPart: text,
      code: text,
      means: variantOf('kind', {
        rejected: objectOf({ kind: text, reason: oneOf(...REAUTH_REASONS) }, ['reason']),
        misconfigured: kind,
        unavailable: kind,
        code_refused: kind,
      }),
    } satisfies Record<keyof TokenErrorRow, Check>,
    ['means'],
  ),
);

const identity = objectOf({
  path: orEmpty(path),
  subject: pointer,
  handle: pointer,
  method: oneOf('POST'),
  headers: mapOf(text),
  refusedBy: objectOf({ pointer, values: texts }, ['pointer', 'values']),
  mayBeBilled: flag,
} satisfies Record<keyof Identity, Check>);

const method = objectOf({ method: text });
const revocation = variantOf('method', {
  rfc7009: objectOf({ method: text, refreshTokensOnly: flag, ends: oneOf('grant', 'token'), accessEndsGrant: flag }),
  none: method,
  delete_by_access_token: objectOf({ method: text, grantPath: path, tokenPath: path }, ['grantPath', 'tokenPath']),
});

const accessCheck = objectOf({ path } satisfies Record<keyof AccessCheck, Check>, ['path']);

const callback = objectOf({
  loopbackHost: oneOf('127.0.0.1', 'localhost', 'any'),
  registeredMax: count,
} satisfies Record<keyof CallbackRules, Check>);

const apiKey = objectOf(
  {
    header: text,
    scheme: (value, where) => {
      if (typeof value !== 'string') throw wrong(where, value, "a word as in 'Bearer', or '' for none");
    },
  } satisfies Record<keyof TokenCarrier, Check>,
  ['header', 'scheme'],
);

const quirks = objectOf({
  basicWithoutEncoding: flag,
  lowerCaseTokenType: flag,
  scopesReordered: flag,
  errorsArriveAs200: flag,
  answersAsForm: flag,
  refreshLifetimeAnswered: flag,
  permissionsNotScopes: flag,
  deviceFlowWithoutSecret: flag,
  looseRequests: flag,
  parametersAnywhere: flag,
  errorsInObject: flag,
  codeEndsInFragment: flag,
  clientIdIsClientKey: flag,
  requestsAsJson: flag,
  callbackAtRenewal: flag,
  refreshLifetimeShortName: flag,
} satisfies Record<QuirkName, Check>);

const exchange = objectOf(
  {
    grantType: text,
    tokenParameter: text,
    credentials: oneOf('none', 'secret', 'id_and_secret'),
  } satisfies Record<keyof TokenExchange, Check>,
  ['grantType', 'tokenParameter', 'credentials'],
);

const renewal = objectOf(
  {
    by: oneOf('access_token'),
    exchange,
    minAgeMs: span,
    shortLived: objectOf({ lifetimeMs: span, exchange }, ['lifetimeMs', 'exchange']),
  } satisfies Record<keyof AccessTokenRenewal, Check>,
  ['by', 'exchange', 'minAgeMs'],
);

const idToken = objectOf(
  {
    algorithms: listOf(oneOf(...ID_TOKEN_ALGORITHMS), 1),
    lifetimeMs: span,
    organization: objectOf({ idPrefix: text, id: text, name: text }, ['idPrefix', 'id', 'name']),
  } satisfies Record<keyof IdTokenRules, Check>,
  ['algorithms', 'lifetimeMs'],
);

const registration = objectOf(
  {
    ...{ console: endpoint, makes: text, callbackField: text, clientIdName: text, clientSecretName: text },
    httpsOnly: flag,
  } satisfies Record<keyof Registration, Check>,
  ['console', 'makes', 'callbackField', 'clientIdName', 'clientSecretName'],
);

const pkce = oneOf('S256', 'none');
const host = objectOf({ suffix: orEmpty(text), api: text, pkce }, ['suffix', 'api']);

export const definitionShape = objectOf(
  {
    id: text,
    name: text,
    endpoints,
    hosting: objectOf(
      {
        ...{ hosts: listOf(host, 1), apiBelowBaseUrl: orEmpty(path), required: flag, setting: oneOf('host', 'domain') },
      } satisfies Record<keyof Hosting, Check>,
      ['hosts', 'apiBelowBaseUrl'],
    ),
    numericAppId: text,
    legacyOrigins: listOf(endpoint),
    apiOrigins: listOf(endpoint),
    scopes,
    clientAuth,
    requirePushed: flag,
    authorizationResponseIssuer: flag,
    dpop: objectOf({ algorithms }, ['algorithms']),
    pkce,
    demands: listOf(oneOf('state', 'code_challenge')),
    authorizationParams: mapOf(text),
    appOnly: objectOf({ params: mapOf(text) }),
    apiKey,
    stateCharsMax: count,
    codeLifetimeMs: span,
    access,
    refresh,
    renewal,
    tenancy: objectOf({ segment: text, names: texts } satisfies Record<keyof Tenancy, Check>, ['segment', 'names']),
    registration,
    tokenErrors,
    identity,
    idToken,
    appParameters: objectOf({ audience: text, organization: text } satisfies Record<keyof AppParameters, Check>),
    revocation,
    accessCheck,
    grantsPerSubject: oneOf('one', 'many'),
    grantsPerSubjectMax: count,
    callback,
    quirks,
    evidence: mapOf(text),
    unverified: texts,
  } satisfies Record<keyof Provider, Check>,
  ['id', 'name', 'endpoints'],
);
