import type { ErrorCode } from '../../model/errors.ts';
import { DEMO_EN } from './demo-en.ts';
import { DRAWING_EN } from './drawing-texts.ts';
import { FINDINGS_EN } from './findings-en.ts';
import type { Misuse } from './misuse.ts';
import { REUSE_EN } from './reuse-texts.ts';

/** English. The other languages have this form. */
export const en = {
  program: {
    description: 'Kippu keeps OAuth 2.0 tokens alive and puts them to work.',
    usage: '<command> [options]',
    version: 'print the version',
    help: 'show help; also: kippu <command> --help',
    helpCommand: 'show the help of a command',
    lang: 'language of what is said: en or ja (default: from LANG)',
    titles: {} as Readonly<Record<string, string>>,
    groups: { start: 'Start:', connections: 'Connections and tokens:', posts: 'Posts:', operation: 'Operation:' },
    exitCodes: 'Exit codes: 0 done, 1 failed, 2 misused, 3 the user must consent again, 4 not now (try later).',
  },
  commands: {
    connect: "connect a user's account: consent in the browser",
    import: 'take over tokens that another program has',
    connections: 'list the connections',
    show: 'show a connection with its token timeline and history',
    token: 'print a good access token, and nothing else',
    renew: 'renew the tokens now',
    revoke: 'end a connection, at the provider and here',
    call: "call the provider's API as that connection",
    post: 'publish a post now or at a time',
    posts: 'list posts',
    postsShow: 'show a post',
    postsApprove: 'let a post go that waits for an approval',
    postsCancel: 'cancel a post that is not out yet',
    postsResolve: 'say whether a post of unknown fate is out',
    apiKeys: 'keys for the HTTP API',
    apiKeysCreate: 'make a key; it is printed once',
    apiKeysList: 'list the keys, without the keys themselves',
    apiKeysRevoke: 'end a key',
    vault: 'the keys that everything is sealed with',
    vaultKeygen: 'make a new entry for the key ring',
    vaultRotate: 'seal everything anew with the first key of the ring',
    vaultStatus: 'which keys the stored values need',
    migrate: "bring the database's schema up to date",
    doctor: 'find out what is wrong, and what is in force',
    backup: 'write a consistent copy of the database',
    adopt: 'this copied, restored or moved database is the real one now',
  },
  arguments: {
    provider: 'as in x',
    connection: 'id (con_...) or name (x:alice)',
    method: 'GET, POST, PUT, PATCH or DELETE',
    url: "path (/2/users/me) or URL of that provider's API",
    postText: 'the text; - reads it from stdin',
    post: 'id of the post (pst_...)',
    apiKey: 'id of the key (key_...)',
    backupFile: 'the file to write; it must not exist',
  },
  options: {
    json: 'print JSON',
    name: 'name of the connection (default: provider:handle)',
    scope: 'scopes or presets to ask for (default: those of the configuration)',
    noOpen: 'open no browser, print the link',
    noOffline: 'ask for no refresh token: the connection ends with its access token',
    again: 'consent again for this connection',
    from: 'file with the tokens as JSON; - reads stdin',
    connectionState: 'only those in this state',
    neverExpires: 'only those whose access token never ends',
    minTtl: 'how long the token must still live, in seconds',
    refused: 'a token that the provider has just refused: get another; - reads stdin',
    localOnly: 'end it here only; the provider keeps the grant',
    data: 'body to send; @file reads a file, - stdin',
    header: 'a header, as in "Accept: text/csv" (may be repeated)',
    at: '2026-11-21T18:00+09:00, "2026-11-21 18:00", "tomorrow 09:00" or +10m',
    tz: "time zone of --at, as in Asia/Tokyo (default: this machine's)",
    replyTo: 'id of the post to answer',
    madeWithAi: 'label it as made with AI',
    draft: 'save it, do not publish',
    dryRun: 'only check: counting, cost and problems',
    postStatus: 'only those in this status',
    published: 'it is out, and this is its id or address there',
    notPublished: 'it is not out',
    keyName: 'whose key it is',
    keyScope: 'what it may do:',
    keyConnection: 'only for these connections (default: every one)',
    keyId: 'id of the new key (default: today)',
    check: 'change nothing; exit code 1 if a migration is pending',
    release: 'let the renewals of a held provider app go on',
    yes: 'do not ask',
    moved: 'it was moved, not copied: nobody has used the original since',
  },
  help: {
    import:
      'The JSON: {"refresh_token", "access_token", "expires_at" (ISO 8601 or epoch seconds) or "expires_in", "refresh_token_expires_at", "scope",\n' +
      '"id_token", "subject"}, all optional but one of the tokens. A single-use refresh token has one owner: stop the other program first.',
  },
  spanUnits: { day: ' d', hour: ' h', minute: ' min', second: ' s', between: ' ' },
  times: {
    ahead: (span: string): string => `in ${span}`,
    ago: (span: string): string => `${span} ago`,
    zone: (zone: string): string => `Times by the clock of ${zone}.`,
  },
  general: {
    newRing: (path: string): string =>
      `A new key ring was made: ${path}. Back this up: without it nothing in the database can be opened.`,
    otherVersion: (server: string, own: string): string =>
      `The server that runs is of version ${server}, this command of ${own}: stop the server and start it again.`,
    settling:
      'Waiting for the renewal that is under way to be settled. Ctrl-C again leaves now; the next start resolves it.',
    readingStdin: 'Reading from the keyboard; Ctrl-D ends.',
    noServerForLater: 'No Kippu server is running: it is published once one does. Start it with: kippu up',
  },
  errors: {
    defect: 'an error that should not happen; please report it.',
    misuse: ({ said }: Misuse): string => said,
    seeHelp: (command: string): string => `See: ${command}`,
    /** Above the message; absent where the message alone is best. */
    frame: (_code: ErrorCode): string | undefined => undefined,
    /** Where the message itself does not say it. */
    advice: {} as Readonly<Partial<Record<ErrorCode, string>>>,
    consentAt: (url: string): string => `Consent again: ${url}`,
    tryAgainIn: (span: string): string => `Worth trying again in ${span}.`,
  },
  states: {
    active: 'active',
    uncertain: 'uncertain',
    reauth_required: 'consent needed',
    revoked: 'revoked',
  } as Readonly<Record<string, string>>,
  reasons: {
    rejected_unknown: 'the provider refuses the refresh token',
    expired: 'the refresh token has expired',
    revoked_by_provider: 'revoked at the provider',
    superseded: 'replaced by a later consent',
    answer_lost: 'the answer to a renewal was lost',
    interaction_required: 'the provider asks for something that only its user can do',
    user_blocked: 'the provider has blocked its user',
    no_refresh_token: 'there was no refresh token',
    key_over: "the API key's date is past",
  } as Readonly<Record<string, string>>,
  connect: {
    opening: (url: string): string => `Opening your browser. If nothing opens, use this link:\n  ${url}`,
    open: (url: string): string => `Open this link to consent (once, in one browser):\n  ${url}`,
    waiting: (span: string): string => `Waiting for the consent, for up to ${span}. Ctrl-C stops waiting.`,
    pending: 'The consent is safe. The provider could not say yet whose account it is; asking again.',
    connected: (name: string): string => `Connected: ${name}`,
    noRefreshToken:
      'This grant has no refresh token: it ends with its access token. To keep it, consent with offline access.',
    failed: (reason: string, detail: string | undefined): string =>
      detail === undefined ? reason : `${reason} (${detail})`,
    portTaken: (host: string, port: number): string =>
      `Port ${port} of ${host} is used by another program, and the provider sends the browser back to it. ` +
      'End that program, or set KIPPU_PORT and register the new callback address.',
    needsProxy: (url: string, address: string): string =>
      `No Kippu server is running here, so this command waits at ${address} for what comes to ${url}. Let that address lead here, or start: kippu up`,
    sandboxNeedsServer:
      'The sandbox is switched on (KIPPU_SANDBOX), and its simulated providers run beside the server: start it with kippu up, or switch the sandbox off.',
  },
  imported: {
    oneOwner: 'From now on only Kippu may renew these tokens: a second program that does would end the grant for both.',
  },
  connections: {
    none: 'There is no connection yet. Make one with: kippu connect x',
    noneSuch: 'There is no such connection.',
    headings: {
      name: 'NAME',
      provider: 'PROVIDER',
      state: 'STATE',
      accessEnds: 'ACCESS TOKEN ENDS',
      refreshEnds: 'GRANT ENDS',
      renewals: 'RENEWALS',
      id: 'ID',
    },
  },
  show: {
    fields: {
      name: 'name',
      id: 'id',
      provider: 'provider',
      user: 'user',
      state: 'state',
      scopes: 'scopes',
      accessEnds: 'access token ends',
      refreshEnds: 'grant ends',
      granted: 'consented',
      lastRenewed: 'last renewed',
      renewals: 'renewals',
      policy: 'renewal policy',
      nextDue: 'looked at next',
      owner: 'owner',
      metadata: 'metadata',
    },
    timeline: 'Token timeline',
    history: 'History',
    nothing: 'Nothing has happened yet.',
    earlier: (count: number): string => `(${count} earlier entries: --json shows all)`,
    purposes: { renewal: 'renewal', replay: 'renewal, repeated', revocation: 'revocation' } as Readonly<
      Record<string, string>
    >,
    outcomes: {
      renewed: 'renewed',
      rejected: 'rejected by the provider',
      misconfigured: 'the provider refuses the app',
      unavailable: 'not possible then',
      unanswered: 'sent, no answer',
      not_sent: 'not sent',
      not_spent: 'not handled by the provider',
      revoked: 'revoked',
      open: 'under way',
    } as Readonly<Record<string, string>>,
    events: {
      'connection.created': 'consent given',
      'connection.renewed': 'new tokens',
      'connection.uncertain': 'uncertain: a renewal was sent and not answered',
      'connection.reauth_soon': 'a new consent will be needed soon',
      'connection.reauth_required': 'the user must consent again',
      'connection.reuse_detected': 'somebody else may have used its refresh token',
      'connection.revoked': 'revoked here',
      'post.published': 'post published',
      'post.unknown': 'nobody knows whether a post is out',
      'post.failed': 'post failed',
      'schedule.missed': 'a run of a schedule was missed',
    } as Readonly<Record<string, string>>,
    orphan: 'a token set arrived that belongs nowhere; it is kept',
  },
  drawing: DRAWING_EN,
  demo: DEMO_EN,
  reuse: REUSE_EN,
  renewed: (name: string, end: string | undefined): string =>
    end === undefined ? `Renewed: ${name}.` : `Renewed: ${name}. The new access token ends ${end}.`,
  revoked: {
    everywhere: (name: string): string => `Revoked at the provider and here: ${name}.`,
    hereOnly: (name: string): string =>
      `Revoked here: ${name}. The provider keeps the grant until its user removes it.`,
  },
  call: {
    failed: (status: number): string => `The provider answered ${status}.`,
  },
  posts: {
    none: 'There are no posts.',
    older: (count: number): string => `These are the newest ${count}; --json gives all.`,
    headings: { id: 'ID', status: 'STATUS', when: 'WHEN', connection: 'CONNECTION', text: 'TEXT' },
    statuses: {
      draft: 'draft',
      scheduled: 'scheduled',
      needs_approval: 'needs approval',
      publishing: 'being published',
      published: 'published',
      unknown: 'unknown',
      failed: 'failed',
      cancelled: 'cancelled',
    } as Readonly<Record<string, string>>,
    fields: {
      id: 'id',
      status: 'status',
      reason: 'reason',
      connection: 'connection',
      text: 'text',
      at: 'time',
      published: 'published',
      url: 'address',
      remoteId: 'id there',
      replyTo: 'answers',
      cost: 'cost',
      attempts: 'attempts',
    },
    check: {
      counts: 'counts',
      links: 'links',
      cost: 'cost',
      wouldGoOut: 'would go out',
      now: 'now',
      fine: 'Nothing stands in the way.',
    },
    error: 'error',
    warning: 'note',
    nothingSent: 'Nothing was sent.',
    waits: (reason: string): string => `Not out yet (${reason}); it is tried again by itself.`,
    failed: (reason: string): string => `It was not published (${reason}).`,
    unknown:
      'Nobody knows whether it is out; the timeline is read back by itself. Or look, and say: kippu posts resolve',
    oneOfTwo: 'Give either --published <id> or --not-published.',
  },
  apiKeys: {
    none: 'There are no API keys. Make one with: kippu api-keys create',
    shownOnce: (id: string): string => `This is the only time that the key is shown. Its id is ${id}.`,
    isRevoked: (id: string): string => `Revoked: ${id}. Whoever uses it is refused from now on.`,
    headings: { id: 'ID', name: 'NAME', scopes: 'SCOPES', connections: 'CONNECTIONS', created: 'MADE', state: 'STATE' },
    active: 'active',
    revoked: 'revoked',
    everyConnection: 'every one',
  },
  vault: {
    keygen:
      'A new entry for the key ring. To change keys: put it in front of the others (KIPPU_KEYS=NEW,OLD or in the file keys of the data directory),\n' +
      'restart the server, run kippu vault rotate, and drop the old one when that says so. Keep it safe: it opens every token.',
    serverNeedsRing: (url: string): string =>
      `The server at ${url} must have this very key ring, or it cannot open what is sealed anew.`,
    progress: (resealed: number, already: number): string => `sealed anew: ${resealed}, up to date before: ${already}`,
    rotated: (resealed: number, already: number, key: string): string =>
      `${resealed} values were sealed anew with ${key}, ${already} were before.`,
    onlyFirst: (key: string): string =>
      `Only the key ${key} is needed. The others may be dropped from the ring (keep them for old backups).`,
    stillNeeded: (keys: readonly string[]): string => `Still needed, keep in the ring: ${keys.join(', ')}.`,
    unreadable: (count: number): string => `${count} values do not open:`,
    headings: { key: 'KEY', values: 'VALUES', unreadable: 'UNREADABLE' },
    seals: '(seals)',
    rotateAdvice: 'To need only the first key of the ring: kippu vault rotate',
  },
  migrated: {
    upToDate: 'The schema is up to date.',
    pending: (count: number): string => `${count} migration(s) pending:`,
    applied: (count: number): string => `${count} migration(s) applied:`,
  },
  backedUp:
    'The copy is stamped: a Kippu that opens it renews nothing until kippu adopt says that it is the real one. ' +
    'The key ring is not in it: back that up as well, and elsewhere.',
  adopt: {
    explanation:
      'A refresh token works once. If two databases renew the same tokens, each ends the grants of the other, so a copy renews nothing.\n' +
      'Adopting says: this database is the real one from now on, and the original is never used again. Tokens that may have been renewed\n' +
      'since the copy was made are treated as an unanswered renewal: a living access token is still served, and the truth is found out when it ends.\n' +
      'What was to be published since is not sent: posts are looked for on the timeline, and runs of schedules are left out.',
    notNeeded: (url: string): string => `${url} is where it belongs. There is nothing to adopt.`,
    found: (url: string, why: string): string => `${url}: ${why}.`,
    question: 'Is this database the real one from now on?',
    leftAsItIs: 'Nothing was changed.',
    adopted: 'Adopted: this database is the real one from now on. Do not start the original again.',
    restartServer: 'Restart the Kippu server: the running one still holds back.',
  },
  doctor: {
    levels: { ok: 'ok      ', warning: 'note    ', problem: 'PROBLEM ', skipped: 'skipped ' },
    indent: 9,
    settings: 'In force',
    headings: { name: 'SETTING', value: 'VALUE', source: 'FROM' },
    sources: { flag: 'flag', environment: 'environment', '.env': '.env', file: 'kippu.config', default: 'default' },
    summary: (problems: number, warnings: number): string =>
      problems === 0 && warnings === 0 ? 'Everything is fine.' : `${problems} problem(s), ${warnings} note(s).`,
    released: (provider: string): string => `The renewals of ${provider} go on.`,
    notHeld: (provider: string): string => `No app of ${provider} is held. Nothing was changed.`,
  },
  findings: FINDINGS_EN,
};
