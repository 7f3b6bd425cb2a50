/**
 * The authorization code flow (RFC 6749, section 4.1, with RFC 7636) as eight steps, the same in the command line, in
 * `docs/oauth.md` and here:
 *
 * 1 the user asks the client to connect · 2 the client sends the browser to the authorization server · 3 the user signs
 * in and consents there · 4 the authorization server sends the browser back with a code · 5 the client sends code and
 * verifier · 6 the authorization server answers with tokens · 7 the client uses the access token at the resource server ·
 * 8 the client exchanges the refresh token for a new pair.
 */
export const STEP_NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8] as const;
export type StepNumber = (typeof STEP_NUMBERS)[number];

export const ACTORS = ['user', 'client', 'authorization_server', 'resource_server'] as const;
export type Actor = (typeof ACTORS)[number];

/** What a step is done with; named by what is seen in it. */
export const FLOW_KEYS = [
  'client_id',
  'client_secret',
  'state',
  'code_challenge',
  'code_verifier',
  'code',
  'access_token',
  'refresh_token',
  'id_token',
] as const;
export type FlowKey = (typeof FLOW_KEYS)[number];

/**
 * `unseen`: it happens between the user and the authorization server, and the client learns only how it ended.
 * `refused`: the user said no.
 */
export const STEP_STATES = ['done', 'unseen', 'refused', 'failed'] as const;
export type StepState = (typeof STEP_STATES)[number];

/** Fields and headers by name, secrets replaced by labels such as `[code-1]`: the same label is the same value. */
export type MaskedFields = Readonly<Record<string, string>>;

export interface MaskedRequest {
  readonly method: string;
  /** Without its query, which is in the fields. */
  readonly url: string;
  readonly headers: MaskedFields;
  readonly fields: MaskedFields;
}

export type MaskedAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly fields: MaskedFields }
  | { readonly kind: 'not_sent' | 'unanswered'; readonly detail: string };

/** One step as it happened. Holds nothing that anybody could use. */
export interface FlowStep {
  readonly step: StepNumber;
  readonly atMs: number;
  readonly state: StepState;
  readonly keys: readonly FlowKey[];
  readonly request: MaskedRequest | undefined;
  readonly answer: MaskedAnswer | undefined;
}

export interface Roles {
  readonly from: Actor;
  readonly to: Actor;
  /** The message travels through the user's browser, where others may see it. */
  readonly throughBrowser: boolean;
}

/** Who speaks to whom. */
export const ROLES: Readonly<Record<StepNumber, Roles>> = {
  1: { from: 'user', to: 'client', throughBrowser: false },
  2: { from: 'client', to: 'authorization_server', throughBrowser: true },
  3: { from: 'user', to: 'authorization_server', throughBrowser: true },
  4: { from: 'authorization_server', to: 'client', throughBrowser: true },
  5: { from: 'client', to: 'authorization_server', throughBrowser: false },
  6: { from: 'authorization_server', to: 'client', throughBrowser: false },
  7: { from: 'client', to: 'resource_server', throughBrowser: false },
  8: { from: 'client', to: 'authorization_server', throughBrowser: false },
};
