import type { Provider } from '../providers/provider.ts';
import type { QuirkName } from '../providers/quirks.ts';

/** An error as its provider words it. */
export interface ErrorWords {
  readonly error: string;
  readonly description?: string;
  readonly code?: string;
  readonly uri?: string;
  readonly more?: Readonly<Record<string, unknown>>;
}

interface Play {
  /** What is done where the provider has the quirk. */
  readonly on: unknown;
  /** What is done where it has not: the RFC's way. */
  readonly off: unknown;
}

/** How the simulator plays each departure from the RFCs. A table over all quirks: one that nobody plays does not compile. */
export const QUIRKS = {
  /** Reads a part of HTTP Basic. With the quirk a form-encoded secret is simply a wrong one. */
  basicWithoutEncoding: {
    on: (text: string): string => text,
    off: (text: string): string => new URLSearchParams(`v=${text.replaceAll('&', '%26')}`).get('v') ?? '',
  },
  /** What `token_type` says. */
  lowerCaseTokenType: { on: 'bearer', off: 'Bearer' },
  /** The order in which the granted scopes are answered. */
  scopesReordered: {
    on: (scopes: readonly string[]): readonly string[] => scopes.toReversed(),
    off: (scopes: readonly string[]): readonly string[] => scopes,
  },
  /** The status of an error. */
  errorsArriveAs200: { on: (): number => 200, off: (status: number): number => status },
  /** Whether what was not asked for as JSON is answered as a form. */
  answersAsForm: { on: true, off: false },
  /** What is answered about the refresh token's life. */
  refreshLifetimeAnswered: {
    on: (seconds: number | string): object => ({ refresh_token_expires_in: seconds }),
    off: (): object => ({}),
  },
  /** The scopes of a grant: none are asked for where an app has permissions. */
  permissionsNotScopes: {
    on: (): readonly string[] => [],
    off: (scopes: readonly string[]): readonly string[] => scopes,
  },
  /** Whether all but the device flow needs a secret, from every app. */
  deviceFlowWithoutSecret: { on: true, off: false },
  /** Whether parameters that the RFC demands may be missing. */
  looseRequests: { on: true, off: false },
  /** Whether parameters are also read from the query and from JSON. */
  parametersAnywhere: { on: true, off: false },
  /** An error's body. */
  errorsInObject: {
    on: ({ error, description, code }: ErrorWords): object => ({
      error: {
        message: description ?? error,
        type: 'OAuthException',
        ...(/^\d+$/.test(error) ? { code: Number(error) } : { code: error }),
        ...(code === undefined ? {} : { error_subcode: Number(code) }),
        fbtrace_id: 'A-simulated-trace',
      },
    }),
    off: ({ error, description, uri, more }: ErrorWords): object => ({
      error,
      ...(description === undefined ? {} : { error_description: description }),
      ...(uri === undefined ? {} : { error_uri: uri }),
      ...more,
    }),
  },
  /** What follows the address that a consent comes back to. */
  codeEndsInFragment: { on: '#_', off: '' },
  /** What the client's id is called. */
  clientIdIsClientKey: { on: 'client_key', off: 'client_id' },
  /** Whether a token request must be JSON, and may not be a form. */
  requestsAsJson: { on: true, off: false },
  /** Whether a renewal that names another callback than its consent's is refused. */
  callbackAtRenewal: { on: true, off: false },
  /** What is answered about the refresh token's life, under the other name. */
  refreshLifetimeShortName: {
    on: (seconds: number | string): object => ({ refresh_expires_in: seconds }),
    off: (): object => ({}),
  },
} as const satisfies Record<QuirkName, Play>;

/** Which side of a quirk this provider is on: `QUIRKS.scopesReordered[sideOf(provider, 'scopesReordered')]`. */
export function sideOf(provider: Provider, name: QuirkName): 'on' | 'off' {
  return provider.quirks[name] === true ? 'on' : 'off';
}

/** For quirks that are a yes or a no. */
export function isPlayed(
  provider: Provider,
  name:
    | 'answersAsForm'
    | 'deviceFlowWithoutSecret'
    | 'looseRequests'
    | 'parametersAnywhere'
    | 'requestsAsJson'
    | 'callbackAtRenewal',
): boolean {
  return QUIRKS[name][sideOf(provider, name)];
}
