import { MINUTE_MS } from '../../model/clock.ts';
import type { Grant, SimState, Token } from '../state.ts';
import type { World } from '../world.ts';
import { html, type Html } from './page.ts';
import { fromNowText } from './span-text.ts';

const GRANTS_SHOWN = 8;
const TOKENS_SHOWN = 12;
const WIDTH = 1000;
const HEIGHT = 14;

interface Axis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nowMs: number;
}

interface Life {
  readonly token: Token;
  readonly status: 'alive' | 'spent' | 'revoked' | 'over';
  readonly endMs: number | undefined;
}

/** Every grant with its latest tokens as bars: born, alive, spent, revoked, over. Never a token's text. */
export function tokenLives(world: World): Html {
  const grants = [...world.state.grants.values()].toReversed();
  const { authorization } = world.provider.endpoints;
  if (grants.length === 0 && authorization === '') {
    return html`<p class="empty">No app has asked for a token yet. There is no page here on which a user could consent.</p>`;
  }
  if (grants.length === 0) {
    return html`<p class="empty">
      Nobody has consented yet. Send a browser to
      <code>${new URL(authorization).pathname}</code>, or <code>POST /_sim/consent</code>.
    </p>`;
  }
  return html`${grants.slice(0, GRANTS_SHOWN).map((grant) => oneGrant(world, grant))}${more(grants.length - GRANTS_SHOWN, 'grants')}`;
}

function oneGrant(world: World, grant: Grant): Html {
  const { state, nowMs } = world;
  const all = tokensOf(state, grant).map((token) => lifeOf(token, nowMs));
  const shown = all.slice(-TOKENS_SHOWN);
  const axis = axisOf(shown, nowMs);
  const handle = state.users.get(grant.userId)?.handle ?? grant.userId;
  const remove =
    grant.end === undefined
      ? html`<form method="post" action="/_sim/tokens/revoke">
          <button
            name="json"
            value="${JSON.stringify({ grant: grant.id })}"
            title="As the user does it in the settings of the account"
          >
            Remove app
          </button>
        </form>`
      : undefined;
  return html`<section class="grant">
    <header>
      <h3>@${handle} <span class="app">${grant.clientId}</span></h3>
      ${endChip(grant, nowMs)}<span class="grow"></span
      ><span class="note">${grant.renewals} ${grant.renewals === 1 ? 'renewal' : 'renewals'}</span>${remove}
    </header>
    ${more(all.length - shown.length, 'earlier tokens')}
    <div class="lives">${shown.toReversed().map((life) => row(life, axis))}</div>
  </section>`;
}

function row(life: Life, axis: Axis): Html {
  const { token, status } = life;
  const x = (ms: number): number =>
    Math.round((Math.min(Math.max(ms, axis.fromMs), axis.toMs) - axis.fromMs) * (WIDTH / (axis.toMs - axis.fromMs)));
  const from = x(token.issuedAtMs);
  const to = Math.max(from + 3, x(life.endMs ?? axis.toMs));
  const planned = token.expiresAtMs === undefined ? WIDTH : x(token.expiresAtMs);
  const rest =
    planned > to ? html`<rect class="unlived" x="${to}" y="5" width="${planned - to}" height="4" />` : undefined;
  const mark =
    status === 'spent' || status === 'revoked'
      ? html`<rect class="mark" x="${Math.max(0, to - 3)}" y="0" width="3" height="${HEIGHT}" />`
      : undefined;
  const now = x(axis.nowMs);
  return html`<div class="life ${token.kind} ${status}">
    <span class="what">${token.kind}<small>${token.id.split('-')[1]}</small></span
    ><svg
      viewBox="0 0 ${WIDTH} ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label="${token.kind} token, ${said(life, axis.nowMs)}"
    >
      ${rest}
      <rect class="lived" x="${from}" y="2" width="${to - from}" height="${HEIGHT - 4}" rx="2" />
      ${mark}
      <rect class="now" x="${now}" y="0" width="1.500" height="${HEIGHT}" /></svg
    ><span class="said">${said(life, axis.nowMs)}</span>
  </div>`;
}

function said({ token, status, endMs }: Life, nowMs: number): string {
  const reused = token.reuses === 0 ? '' : `, presented again ${token.reuses === 1 ? 'once' : `${token.reuses} times`}`;
  switch (status) {
    case 'alive':
      return endMs === undefined ? 'no known end' : `ends ${fromNowText(endMs, nowMs)}`;
    case 'spent':
      return `spent ${fromNowText(endMs ?? nowMs, nowMs)}${reused}`;
    case 'revoked':
      return `revoked ${fromNowText(endMs ?? nowMs, nowMs)}${reused}`;
    case 'over':
      return `expired ${fromNowText(endMs ?? nowMs, nowMs)}${reused}`;
  }
}

function lifeOf(token: Token, nowMs: number): Life {
  const ends = [
    { status: 'spent', atMs: token.spentAtMs },
    { status: 'revoked', atMs: token.revokedAtMs },
    {
      status: 'over',
      atMs: token.expiresAtMs !== undefined && token.expiresAtMs <= nowMs ? token.expiresAtMs : undefined,
    },
  ] as const;
  const first = ends.filter((end) => end.atMs !== undefined).sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))[0];
  return first === undefined
    ? { token, status: 'alive', endMs: token.expiresAtMs }
    : { token, status: first.status, endMs: first.atMs };
}

/** From the first shown token's birth to a little after the last access token's end; refresh tokens run off the edge. */
function axisOf(lives: readonly Life[], nowMs: number): Axis {
  const fromMs = Math.min(...lives.map(({ token }) => token.issuedAtMs), nowMs - MINUTE_MS);
  const accessEnds = lives
    .filter(({ token }) => token.kind === 'access')
    .map(({ token }) => token.expiresAtMs ?? nowMs);
  const lastMs = Math.max(nowMs, ...accessEnds);
  return { fromMs, toMs: lastMs + Math.max(MINUTE_MS / 2, (lastMs - fromMs) / 12), nowMs };
}

function tokensOf(state: SimState, grant: Grant): readonly Token[] {
  return grant.tokenHashes.map((hash) => state.tokens.get(hash)).filter((token) => token !== undefined);
}

function endChip(grant: Grant, nowMs: number): Html {
  if (grant.end === undefined) return html`<span class="chip good">active</span>`;
  const words = {
    revoked_by_client: 'revoked by the app',
    removed_by_user: 'removed by the user',
    superseded: 'superseded by a later consent',
    reuse: 'ended: a spent token was used again',
    one_too_many: 'ended: one grant too many',
  } as const;
  return html`<span class="chip bad">${words[grant.end.reason]}, ${fromNowText(grant.end.atMs, nowMs)}</span>`;
}

export function more(count: number, what: string): Html | undefined {
  return count > 0 ? html`<p class="more">and ${count} ${what}</p>` : undefined;
}
