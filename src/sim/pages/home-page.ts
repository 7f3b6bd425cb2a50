import type { Reply } from '../wire.ts';
import { accessLifeSeconds, refreshEndMs, type World } from '../world.ts';
import { html, pageReply, type Html } from './page.ts';
import { clockPanel, faultPanel, numberRow, switchPanel } from './panels.ts';
import { postList } from './post-list.ts';
import { spanText } from './span-text.ts';
import { tokenLives } from './token-lives.ts';

export interface HomeOptions {
  readonly isClockAdjustable: boolean;
  /** Where the simulator is reached, as the browser says. */
  readonly origin: string;
}

/** The simulator's own page: who posted what, the life of every token, what it cost, and what goes wrong next. */
export function homePage(world: World, options: HomeOptions): Reply {
  const body = html`<body class="home">
    <main>
      <header class="top">
        <h1>Simulated ${world.provider.name}</h1>
        <p>${lives(world)}</p>
        <p class="note">Point your app at <code>${options.origin}</code></p>
      </header>
      ${numberRow(world)}
      <div class="columns">
        <div class="wide">
          <section class="panel">
            <h2>Tokens</h2>
            <p class="legend">
              <span class="key access">access</span><span class="key refresh">refresh</span
              ><span class="key dead">spent or revoked</span><span class="key now">now</span>
            </p>
            ${tokenLives(world)}
          </section>
          ${world.takesPosts ? postPanel(world) : undefined}
        </div>
        <div class="narrow">
          ${faultPanel(world)} ${switchPanel(world)} ${options.isClockAdjustable ? clockPanel(world) : undefined}
        </div>
      </div>
    </main>
    <p class="gone-note" role="status">The simulator does not answer. This is what it last said.</p>
  </body>`;
  return pageReply({ title: `Simulated ${world.provider.name}`, body, isLive: true });
}

function postPanel(world: World): Html {
  return html`<section class="panel">
    <h2>Posts</h2>
    ${postList(world)}
  </section>`;
}

function lives(world: World): Html {
  const end = refreshEndMs(world, world.nowMs);
  const { refresh: life } = world.provider;
  const refresh =
    life.rotation === 'none'
      ? 'and there are no refresh tokens'
      : end === undefined
        ? 'refresh tokens have no known end'
        : `refresh tokens ${spanText(end - world.nowMs)}`;
  const access = world.state.settings.tokensExpire
    ? `live ${spanText(accessLifeSeconds(world) * 1000)}`
    : 'have no end';
  const fast = world.fast === 1 ? undefined : html` <span class="chip">${world.fast} times faster</span>`;
  return html`Access tokens ${access}, ${refresh}.${fast}`;
}
