import type { ExplainTexts } from './explain-wording.ts';

export const EXPLAIN_EN: ExplainTexts = {
  option: 'show the eight steps of the flow as they happen, secrets masked; with --json a line of JSON for each',
  intro:
    'The authorization code flow in eight steps, as they happen. Each secret is replaced by a label: the same label is the same value.',
  actors: {
    user: 'user',
    client: 'client',
    authorization_server: 'authorization server',
    resource_server: 'resource server',
  },
  players: (provider) => ({
    user: 'you with your browser (the resource owner)',
    client: 'Kippu (the client application)',
    authorization_server: `${provider}, where you sign in and consent`,
    resource_server: `${provider}, its API`,
  }),
  arrow: '->',
  throughBrowser: '(through the browser)',
  keys: 'keys: ',
  noKeys: 'none',
  listSeparator: ', ',
  keyNames: {
    client_id: 'client id',
    client_secret: 'client secret',
    state: 'state',
    code_challenge: 'PKCE challenge',
    code_verifier: 'PKCE verifier',
    code: 'authorization code',
    access_token: 'access token',
    refresh_token: 'refresh token',
    id_token: 'ID token',
  },
  titles: {
    1: 'The user asks the client to connect',
    2: 'The client sends the browser to the authorization server',
    3: 'The user signs in and consents at the authorization server',
    4: 'The authorization server sends the browser back with a code',
    5: 'The client exchanges the code and the verifier for tokens',
    6: 'The authorization server answers with access token and refresh token',
    7: 'The client uses the access token at the resource server',
    8: 'The client exchanges the refresh token for a new pair',
  },
  noAnswer: (problem) => `no answer (${problem})`,
  notes: {
    asked: 'Kippu makes a link that works once, in one browser. No key is needed yet.',
    sent: 'The state ties what comes back in step 4 to this very request and browser.',
    challenge:
      'The challenge is the SHA-256 of the verifier. The verifier itself is a secret that stays in Kippu until step 5.',
    unseen: (server) =>
      `Kippu sees nothing of this step. Your password goes to ${server} and to nobody else. Go on in the browser.`,
    back: 'The state is the one of step 2. The code travelled through the browser, but without the verifier it is of no use to anybody.',
    denied: 'The user said no. There is no code, and nothing to exchange.',
    refused: 'What came back is not one to go on with. There is nothing to exchange.',
    exchange:
      'This goes straight to the authorization server, not through the browser. It hashes the verifier and compares the result with the challenge of step 2.',
    withSecret: 'The client secret shows that this is Kippu. It is never shown here, also not a part of it.',
    withoutSecret: 'This is a public client: it has no secret, and sends its client id alone.',
    tokens: 'Both tokens are encrypted and stored before anybody uses them.',
    accessLife: (span) => `The access token lives ${span}.`,
    refreshLife: (span) => `The refresh token lives ${span}.`,
    refreshLifeCounted: (span) => `The answer does not say how long the refresh token lives; Kippu counts ${span}.`,
    noRefreshToken: 'There is no refresh token: when the access token ends, the user must consent again.',
    noTokens: 'There are no tokens in it. The code works once at most: to try again, begin with step 1.',
    used: 'Kippu asks whose account this is. The password was never needed for it.',
    notUsed: 'The resource server could not say whose account it is. Kippu asks again.',
    rotated: (old, fresh) =>
      `From now on ${old} is dead: a refresh token works once. Only ${fresh} can buy the next pair, and it exists nowhere but in this answer and in Kippu.`,
    kept: 'The old refresh token stays good at this provider.',
    notRenewed: 'The renewal brought no tokens. The access token of step 6 lives on.',
    pending: (when) => `Pending: not now, but when the access token is needed and about to end: ${when}.`,
    pendingWhy: (command) =>
      `Every rotation is a risk: the old refresh token dies as soon as the request is handled, and if the answer is lost, the new one is lost with it. So Kippu does not do it for show. In the sandbox it does. To do it now all the same: ${command}`,
    never:
      'It will not happen: this grant has no refresh token. When the access token ends, the user must consent again.',
  },
  stopped: (lastStep) => `The flow ends here: the steps after ${lastStep} do not happen.`,
  notKept: 'The steps cannot be shown: the server that kept them in memory has ended. Connecting goes on without them.',
  renewalFailed: (message) => `The connection is made, but the renewal of step 8 failed: ${message}`,
};
