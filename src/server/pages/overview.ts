import type { Overview } from '../../app/overview.ts';
import type { ProviderFacts } from '../../app/providers.ts';
import { html, type Html } from '../../app/web/page.ts';
import { isRenewable, type Connection } from '../../model/connection.ts';
import type { KippuEvent } from '../../model/event.ts';
import type { Post } from '../../model/post.ts';
import type { Schedule } from '../../model/schedule.ts';
import { eventText, eventTone } from './event-texts.ts';
import { TEXTS, type Language, type Texts } from './texts.ts';
import { distance, logTime } from './times.ts';

export interface OverviewPage {
  readonly overview: Overview;
  readonly lang: Language;
  /** Of every address of ours, where the public address has a path. */
  readonly base: string;
}

interface View extends OverviewPage {
  readonly texts: Texts;
  readonly nowMs: number;
}

/** Connections, the next posts, and what happened. */
export function overviewBody({ overview, lang, base }: OverviewPage): Html {
  const texts = TEXTS[lang];
  const view: View = { overview, lang, base, texts, nowMs: overview.nowMs };
  return html`<header><h1><span class="mark">切符</span> Kippu</h1><form class="end" method="post" action="${base}/sign-out"><button class="quiet">${texts.signOut}</button></form></header>
${notices(view)}
<section><h2>${texts.connections}</h2>${connections(view)}<div class="row actions">${connectForms(view)}</div></section>
<section><h2>${texts.nextPosts}</h2>${posts(view)}</section>${runs(view)}
<section><h2>${texts.log}</h2>${log(view)}</section>`;
}

function notices({ overview, texts }: View): Html {
  const { providers, copied, troubledApps } = overview;
  const names = new Map(providers.map(({ id, name }) => [id, name]));
  const nameOf = (id: string): string => names.get(id) ?? id;
  const bad = [
    ...(copied === undefined ? [] : [texts.copied(copied)]),
    ...troubledApps.map((app) => texts.appTrouble(nameOf(app.provider), app.error ?? '')),
  ].map((text) => html`<p class="notice bad" role="alert">${text}</p>`);
  const isSandbox = providers.some((provider) => provider.isSimulated);
  return html`${bad}${isSandbox ? html`<p class="notice soft">${texts.sandbox}</p>` : undefined}`;
}

function connectForms({ overview, texts, base }: View): Html {
  const configured = overview.providers.filter((provider) => provider.isConfigured);
  if (configured.length === 0) return html`<p class="soft">${texts.noProvider}</p>`;
  return html`${configured.map((provider) => connectForm(provider, { texts, base }))}`;
}

function connectForm({ id, name }: ProviderFacts, { texts, base }: Pick<View, 'texts' | 'base'>): Html {
  return html`<form method="post" action="${base}/connect"><input type="hidden" name="provider" value="${id}"><button class="main">${texts.connect(name)}</button></form>`;
}

function connections(view: View): Html {
  const { overview, texts } = view;
  if (overview.connections.length === 0)
    return html`<div class="card"><p>${texts.noConnection}</p><p class="soft">${texts.noConnectionHow}</p></div>`;
  const more = overview.hasMoreConnections ? html`<p class="soft">${texts.moreConnections}</p>` : undefined;
  return html`<div class="stack">${overview.connections.map((connection) => connectionCard(connection, view))}</div>${more}`;
}

const TONE_OF_STATE = { active: 'good', uncertain: 'warn', reauth_required: 'bad', revoked: 'soft' } as const;

function connectionCard(connection: Connection, view: View): Html {
  const { texts } = view;
  const { name, state, renewals } = connection;
  const count = renewals === 0 ? undefined : html`<span class="soft small">${texts.renewals(renewals)}</span>`;
  const head = html`<div class="row"><strong class="name">${name}</strong><span class="badge ${TONE_OF_STATE[state]}">${texts.states[state]}</span>${count}</div>`;
  return html`<article class="card">${head}${state === 'revoked' ? undefined : html`${why(connection, view)}${facts(connection, view)}`}</article>`;
}

/** Why it does not simply work, and what helps. */
function why({ id, state, stateReason, restsOn }: Connection, { texts, base }: View): Html | undefined {
  if (state === 'uncertain') return html`<p class="warn">${texts.uncertain}</p>`;
  if (state !== 'reauth_required') return undefined;
  const reason = stateReason === undefined ? undefined : html`<p>${texts.reasons[stateReason]}</p>`;
  if (restsOn !== 'consent') return reason;
  return html`${reason}<p><a class="button main" href="${base}/reconnect/${id}">${texts.connectAgain}</a></p>`;
}

function facts(connection: Connection, view: View): Html | undefined {
  const { texts, nowMs, lang } = view;
  if (connection.state === 'reauth_required') return undefined;
  const { accessExpiresAtMs, refreshExpiresAtMs, nextDueAtMs, policy } = connection;
  const renews = isRenewable(connection);
  const access =
    accessExpiresAtMs === undefined
      ? texts.noEnd
      : accessExpiresAtMs <= nowMs
        ? texts.over
        : distance(accessExpiresAtMs, nowMs, lang);
  const grantEndsAtMs = renews ? refreshExpiresAtMs : accessExpiresAtMs;
  const refresh =
    grantEndsAtMs === undefined ? texts.noEnd : renews ? distance(grantEndsAtMs, nowMs, lang) : texts.endsWithAccess;
  const isAhead = policy === 'always' && nextDueAtMs !== undefined;
  const next = !renews ? undefined : isAhead ? distance(Math.max(nextDueAtMs, nowMs), nowMs, lang) : texts.onUse;
  const shown: readonly (readonly [string, string | Html | undefined])[] = [
    [texts.accessToken, access],
    [texts.refreshToken, refresh],
    [texts.nextRenewal, next],
  ];
  return html`<dl class="facts">${shown.flatMap(([what, value]) => (value === undefined ? [] : [html`<div><dt>${what}</dt><dd>${value}</dd></div>`]))}</dl>`;
}

function posts(view: View): Html {
  const { overview, texts } = view;
  if (overview.nextPosts.length === 0) return html`<p class="soft">${texts.noPost}</p>`;
  return html`<div class="stack">${overview.nextPosts.map((post) => postCard(post, view))}</div>`;
}

const TONE_OF_STATUS: Readonly<Partial<Record<Post['status'], string>>> = {
  unknown: 'warn',
  needs_approval: 'warn',
  publishing: 'good',
};

function postCard(post: Post, { texts, lang, nowMs, overview }: View): Html {
  const time = post.publishAtMs === undefined ? undefined : distance(post.publishAtMs, nowMs, lang);
  const { statusReason, statusDetail } = post;
  const obstacle =
    statusReason === undefined ? undefined : html`<p class="soft small">${statusDetail ?? statusReason}</p>`;
  const decide =
    post.status === 'unknown' && post.dueAtMs === undefined
      ? html`<p class="warn small">${texts.decide}</p>`
      : undefined;
  return html`<article class="card"><div class="row"><span class="badge ${TONE_OF_STATUS[post.status] ?? 'soft'}">${texts.postStatuses[post.status]}</span><span class="soft small">${nameOf(post.connectionId, overview)}</span><span class="small">${time}</span></div><p class="text">${post.text}</p>${obstacle}${decide}</article>`;
}

function runs(view: View): Html | undefined {
  const { overview, texts } = view;
  if (overview.nextRuns.length === 0) return undefined;
  return html`
<section><h2>${texts.nextRuns}</h2><div class="stack">${overview.nextRuns.map((schedule) => runCard(schedule, view))}</div></section>`;
}

function runCard({ connectionId, nextAtMs, task }: Schedule, { texts, lang, nowMs, overview }: View): Html {
  const time = nextAtMs === undefined ? undefined : distance(nextAtMs, nowMs, lang);
  const what = texts.tasks[task.kind === 'collect' ? task.what : task.text.kind];
  return html`<article class="card"><div class="row"><strong>${what}</strong><span class="soft small">${nameOf(connectionId, overview)}</span><span class="small">${time}</span></div></article>`;
}

function log({ overview, texts, lang }: View): Html {
  if (overview.events.length === 0) return html`<p class="soft">${texts.noEvent}</p>`;
  return html`<ol class="log card">${overview.events.map((event) => logLine(event, overview, lang))}</ol>`;
}

function logLine(event: KippuEvent, overview: Overview, lang: Language): Html {
  const name =
    event.connectionId === undefined ? undefined : html`<strong>${nameOf(event.connectionId, overview)}</strong> `;
  return html`<li>${logTime(event.atMs, lang)}<span>${name}<span class="${eventTone(event) ?? 'plain'}">${eventText(event, lang)}</span>${postLink(event, overview)}</span></li>`;
}

/** What a simulated provider published is nowhere to be found on the real one. */
function postLink({ data }: KippuEvent, { providers }: Overview): Html | undefined {
  const url = data['remote_url'];
  const isReal = providers.every((provider) => !provider.isSimulated);
  if (!isReal || typeof url !== 'string' || !url.startsWith('https://')) return undefined;
  return html` <a href="${url}" rel="noreferrer">${url}</a>`;
}

function nameOf(id: string, { connections: known }: Overview): string {
  return known.find((connection) => connection.id === id)?.name ?? id;
}
