/** First line of a page that is made here: a page without it was written by hand, and becomes the notes of one that is. */
export const MARK = '<!-- Made by scripts/provider-pages.mjs from the data; written notes are in notes/. -->';

/** One provider's page. `notes`: what was written by hand, with links as from `docs/providers/notes/`. */
export function pageOf(provider, words, { notes, other }) {
  const parts = [
    MARK,
    `# ${provider.name}`,
    words.intro(provider),
    other === undefined ? undefined : words.otherLanguage(other),
    ...register(provider, words),
    `## ${words.addresses}`,
    addresses(provider, words),
    provider.hosting?.required === true ? words.noHost : undefined,
    provider.idToken === undefined ? undefined : words.idToken(provider.idToken.algorithms.join(', ')),
    `## ${words.asked}`,
    ...scopes(provider, words),
    `## ${words.numbers}`,
    numbers(provider, words),
    `## ${words.ends}`,
    ends(provider, words),
    ...dead(provider, words),
    `## ${words.revoke}`,
    words.revocations[provider.revocation.method],
    provider.revocation.ends === 'token' ? words.revokesTokenAlone : undefined,
    ...departures(provider, words),
    ...sources(provider, words),
    ...(notes === undefined ? [] : [`## ${words.notes}`, included(notes)]),
  ];
  return `${parts.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`;
}

/** All providers in one table. */
export function overviewOf(providers, words, { translated }) {
  const rows = [...providers]
    .sort((a, b) => a.name.localeCompare(b.name, 'en'))
    .map((provider) => overviewRow(provider, words));
  const inOther = translated.map((id) => `[${id}.ja.md](${id}.ja.md)`).join(', ');
  return `${[MARK, `# ${words.overview}`, words.overviewIntro, table(words.columns, rows), `日本語: ${inOther}`].join('\n\n')}\n`;
}

function overviewRow(provider, words) {
  const { id, name, access, refresh, renewal, endpoints } = provider;
  const star = (path, text) => (text !== '–' && isUnconfirmed(provider, path) ? `${text} \\*` : text);
  const life = (ms) => (ms === undefined ? '–' : span(ms, words));
  const rotation = refresh.answered === 'sometimes' ? words.sometimes : words.shortRotation[refresh.rotation];
  return [
    `[${name}](${id}.md)`,
    isEndless(provider)
      ? words.endless
      : access.isAnswered === false
        ? words.untold
        : star('access.lifetimeMs', span(access.lifetimeMs, words)),
    renewal === undefined ? (refresh.rotation === 'none' ? words.byNothing : words.byRefresh) : words.itself,
    renewal === undefined ? star('refresh.rotation', rotation) : '–',
    star('refresh.absoluteMs', life(refresh.absoluteMs)),
    star('refresh.idleMs', life(refresh.idleMs)),
    refresh.reuseGraceMs === 0 ? '–' : star('refresh.reuseGraceMs', span(refresh.reuseGraceMs, words)),
    refresh.rotation === 'none' && renewal === undefined
      ? '–'
      : star('refresh.renewalKillsAccess', refresh.renewalKillsAccess ? words.yes : words.no),
    endpoints.deviceCode === undefined ? words.no : star('endpoints.deviceCode', words.yes),
  ];
}

function isEndless({ access }) {
  return access.whenMissing === 'never' && access.isAnswered === false;
}

function register(provider, words) {
  const { id, registration, callback, endpoints } = provider;
  const steps =
    registration === undefined
      ? [`1. ${words.callbackBare}`, `   ${words.callbackIs(id)}`]
      : [`1. ${words.open(registration)}`, `2. ${words.callback(registration)}`, `   ${words.callbackIs(id)}`];
  return [
    `## ${words.register}`,
    [...steps, `${registration === undefined ? 2 : 3}. ${words.variables}`].join('\n'),
    variables(provider, words),
    words.connect(id),
    registration?.httpsOnly === true ? words.httpsOnly : undefined,
    callback.loopbackHost === 'any' ? undefined : words.loopback(callback.loopbackHost),
    callback.registeredMax === undefined ? undefined : words.registeredMax(callback.registeredMax),
    endpoints.deviceCode === undefined ? undefined : words.device(id),
    words.try(id),
  ];
}

function variables({ id, registration, hosting, tenancy, refresh, appParameters = {} }, words) {
  const rows = [
    ['CLIENT_ID', words.clientId(registration)],
    ['CLIENT_SECRET', words.clientSecret(registration)],
    ...(hosting === undefined
      ? []
      : [[(hosting.setting ?? 'host').toUpperCase(), hosting.required === true ? words.ownHost : words.host]]),
    ...(tenancy === undefined ? [] : [['TENANT', words.tenant(tenancy)]]),
    ...(refresh.testingAbsoluteMs === undefined
      ? []
      : [['TESTING', words.testing(refresh.testingAbsoluteMs / 86_400_000)]]),
    ...Object.keys(appParameters).map((name) => [name.toUpperCase(), words.appParameters[name]]),
    ...(refresh.configurable === true ? Object.entries(words.settings) : []),
    ['SCOPES', words.scopesVariable],
    ['REPLAY', words.replay],
    ['BASE_URL', words.baseUrl],
  ];
  return table(
    [words.variable, words.meaning],
    rows.map(([name, text]) => [`\`KIPPU_${id.toUpperCase()}_${name}\``, text]),
  );
}

function addresses({ endpoints, identity, apiOrigins = [] }, words) {
  const rows = Object.entries(words.endpoints).flatMap(([name, text]) =>
    endpoints[name] === undefined ? [] : [[text, `\`${endpoints[name]}\``]],
  );
  const who = `\`${identity.method ?? 'GET'} ${(endpoints.identity ?? endpoints.api) + identity.path}\``;
  const further = apiOrigins.map((origin) => [words.furtherApi, `\`${origin}\``]);
  return table([words.what, words.address], [...rows, ...further, [words.whoAmI, who]]);
}

function scopes({ scopes: { presets, offline, separator }, authorizationParams = {} }, words) {
  const rows = Object.entries(presets).map(([name, list]) => [
    `\`${name}\``,
    list.length === 0 ? words.none : list.map((scope) => `\`${scope}\``).join(' '),
  ]);
  const params = Object.entries(authorizationParams).map(([name, value]) => `\`${name}=${value}\``);
  return [
    table([words.preset, words.scopes], rows),
    offline === undefined ? undefined : words.offline(offline),
    words.separator(separator),
    params.length === 0 ? undefined : words.params(params.join(', ')),
  ];
}

function numbers(provider, words) {
  const { access, refresh, renewal, grantsPerSubject, grantsPerSubjectMax, codeLifetimeMs, pkce, clientAuth } =
    provider;
  const isRefreshed = renewal === undefined && refresh.rotation !== 'none';
  const yesOrNo = (is) => (is ? words.yes : words.no);
  const rows = [
    [
      words.access,
      accessText(provider, words),
      access.isAnswered === false ? 'access.isAnswered' : 'access.lifetimeMs',
    ],
    [
      words.renewedBy,
      isRefreshed ? words.byRefresh : renewal === undefined ? words.byNothing : words.byAccess,
      'renewal',
    ],
    ...(renewal?.shortLived === undefined
      ? []
      : [[words.shortLived, words.shortLivedUntil(span(renewal.shortLived.lifetimeMs, words)), 'renewal.shortLived']]),
    ...(renewal === undefined || renewal.minAgeMs === 0
      ? []
      : [[words.minAge, span(renewal.minAgeMs, words), 'renewal.minAgeMs']]),
    ...(isRefreshed ? [[words.rotation, words.rotations[refresh.rotation], 'refresh.rotation']] : []),
    ...(isRefreshed ? [[words.answered, words.answers[answeredOf(refresh)], 'refresh.answered']] : []),
    ...lifeRow(words.absolute, refresh.absoluteMs, 'refresh.absoluteMs', words),
    ...lifeRow(renewal === undefined ? words.idle : words.tokenIdle, refresh.idleMs, 'refresh.idleMs', words),
    ...lifeRow(words.testingEnd, refresh.testingAbsoluteMs, 'refresh.testingAbsoluteMs', words),
    ...(isRefreshed && refresh.rotation === 'single-use'
      ? [
          [
            words.grace,
            refresh.reuseGraceMs === 0 ? words.graceNone : words.graceValue(span(refresh.reuseGraceMs, words)),
            'refresh.reuseGraceMs',
          ],
          [words.family, yesOrNo(refresh.reuseKillsFamily), 'refresh.reuseKillsFamily'],
        ]
      : []),
    ...(isRefreshed || renewal !== undefined
      ? [[words.killsAccess, yesOrNo(refresh.renewalKillsAccess), 'refresh.renewalKillsAccess']]
      : []),
    [
      words.grants,
      grantsPerSubject === 'one'
        ? words.grantOne
        : grantsPerSubjectMax === undefined
          ? words.grantMany
          : words.grantMax(grantsPerSubjectMax),
      grantsPerSubjectMax === undefined ? 'grantsPerSubject' : 'grantsPerSubjectMax',
    ],
    [words.codeLife, span(codeLifetimeMs, words), 'codeLifetimeMs'],
    [words.pkce, pkce === 'none' ? words.no : pkce, 'pkce'],
    [words.clientAuth, clientAuth.confidential === 'basic' ? words.basic : words.body, 'clientAuth.confidential'],
  ];
  return table(
    [words.fact, words.value, words.source],
    rows.map(([fact, value, path]) => [fact, value, sourceOf(provider, path, words)]),
  );
}

function accessText({ access, ...provider }, words) {
  if (isEndless({ access, ...provider })) return words.accessNever;
  return access.isAnswered === false ? words.accessUnknown : span(access.lifetimeMs, words);
}

function answeredOf(refresh) {
  return refresh.answered ?? (refresh.rotation === 'single-use' ? 'new' : 'none');
}

function lifeRow(text, ms, path, words) {
  return ms === undefined ? [] : [[text, span(ms, words), path]];
}

function ends({ refresh, renewal, grantsPerSubject, grantsPerSubjectMax }, words) {
  const { endList } = words;
  const isRefreshed = renewal === undefined && refresh.rotation !== 'none';
  const lines = [
    endList.user,
    refresh.absoluteMs === undefined ? undefined : endList.absolute(span(refresh.absoluteMs, words)),
    refresh.idleMs === undefined || renewal !== undefined ? undefined : endList.idle(span(refresh.idleMs, words)),
    refresh.testingAbsoluteMs === undefined ? undefined : endList.testing(span(refresh.testingAbsoluteMs, words)),
    grantsPerSubject === 'one' ? endList.one : undefined,
    grantsPerSubjectMax === undefined ? undefined : endList.max(grantsPerSubjectMax),
    refresh.reuseKillsFamily ? endList.reuse : undefined,
    renewal === undefined ? undefined : endList.tokenOver,
    isRefreshed ? endList.noRefresh : undefined,
  ];
  const list = lines.filter((line) => line !== undefined).map((line) => `- ${line}`);
  const { needs = [], consentsUrl } = refresh;
  const needed = needs.map((need) => `- ${words.needs[need]}`).join('\n');
  return [
    list.join('\n'),
    ...(needs.length === 0 ? [] : [words.needsIntro, needed]),
    ...(consentsUrl === undefined ? [] : [words.consents(consentsUrl)]),
  ].join('\n\n');
}

function dead({ tokenErrors }, words) {
  if (tokenErrors.length === 0) return [];
  const rows = tokenErrors.map(({ status, error, code, description, descriptionPart, means }) => [
    status === undefined ? words.any : String(status),
    error === undefined ? words.any : `\`${error}\``,
    [code === undefined ? '' : `\`${code}\``, description ?? descriptionPart ?? '']
      .filter((text) => text !== '')
      .join(' '),
    words.meansOf[means.kind](means.reason),
  ]);
  return [`## ${words.dead}`, words.deadIntro, table([words.status, words.error, words.closer, words.makes], rows)];
}

function departures({ quirks }, words) {
  const names = Object.entries(quirks).flatMap(([name, isOn]) => (isOn ? [name] : []));
  if (names.length === 0) return [];
  return [`## ${words.departures}`, names.map((name) => `- ${words.quirks[name] ?? `\`${name}\``}`).join('\n')];
}

function sources({ evidence, unverified }, words) {
  const rows = Object.entries(evidence).map(([claim, source]) => [`\`${claim}\``, source]);
  return [
    `## ${words.sources}`,
    rows.length === 0 ? undefined : table([words.claim, words.source], rows),
    unverified.length === 0
      ? undefined
      : `${words.unverifiedIntro} ${unverified.map((claim) => `\`${claim}\``).join(', ')}`,
  ];
}

/** Where a value is known from, by the nearest claim above it. */
function sourceOf(provider, path, words) {
  if (isUnconfirmed(provider, path)) return words.unconfirmed;
  const claim = Object.keys(provider.evidence).find((one) => isAbove(one, path));
  return claim === undefined ? words.unsaid : provider.evidence[claim];
}

function isUnconfirmed({ unverified }, path) {
  return unverified.some((one) => isAbove(one, path));
}

function isAbove(claim, path) {
  return path === claim || path.startsWith(`${claim}.`);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
];

function span(ms, words) {
  const [unit, size] = UNITS.find(([, one]) => ms >= one && ms % one === 0) ?? ['s', 1000];
  const [shown, by] = unit === 'd' && ms < 2 * size ? ['h', 3_600_000] : [unit, size];
  return words.span(Math.round(ms / by), words.units[shown]);
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Notes as a part of the page: no title, headings one step down, links as from one folder up. */
function included(notes) {
  return notes
    .replace(/^# .*\n+/, '')
    .replaceAll(/^(#{2,5}) /gm, '#$1 ')
    .replaceAll('](../', '](')
    .trim();
}
