import { DAY_MS, HOUR_MS } from '../../model/clock.ts';
import type { Fault, FaultOrder } from '../faults.ts';
import type { Settings, SettingsPatch } from '../settings.ts';
import type { World } from '../world.ts';
import { html, type Html } from './page.ts';
import { dollarText, spanText } from './span-text.ts';

interface Button {
  readonly label: string;
  readonly order: FaultOrder;
}

const TOKEN_FAULTS: readonly Button[] = [
  { label: 'lose the answer', order: { endpoint: 'token', fault: 'lose' } },
  { label: 'lose the request', order: { endpoint: 'token', fault: 'lose_request' } },
  { label: 'cut the answer', order: { endpoint: 'token', fault: 'cut' } },
  { label: 'answer after 10 s', order: { endpoint: 'token', fault: 'delay', delay_ms: 10_000 } },
  { label: '500', order: { endpoint: 'token', fault: 'status', status: 500 } },
  { label: '429', order: { endpoint: 'token', fault: 'status', status: 429 } },
];

const POST_FAULTS: readonly Button[] = [
  { label: 'lose the answer', order: { endpoint: 'tweets', fault: 'lose' } },
  { label: 'lose the request', order: { endpoint: 'tweets', fault: 'lose_request' } },
  { label: 'answer after 10 s', order: { endpoint: 'tweets', fault: 'delay', delay_ms: 10_000 } },
  { label: '503', order: { endpoint: 'tweets', fault: 'status', status: 503 } },
  { label: '503, but posted', order: { endpoint: 'tweets', fault: 'status', status: 503, handled: true } },
];

/** What waits to go wrong, and buttons to order more of it. */
export function faultPanel(world: World): Html {
  const { faults } = world.state;
  const pending =
    faults.length === 0
      ? html`<p class="empty">Nothing is going to go wrong.</p>`
      : html`<ul class="pending">
            ${faults.map(pendingFault)}
          </ul>
          <form method="post" action="/_sim/faults/clear"><button>Forget them all</button></form>`;
  return html`<section class="panel" id="faults">
    <h2>What goes wrong next</h2>
    ${pending}
    <form method="post" action="/_sim/faults">
      <h3>The next token request</h3>
      <div class="buttons">${TOKEN_FAULTS.map(button)}</div>
      ${world.takesPosts ? html`<h3>The next post</h3><div class="buttons">${POST_FAULTS.map(button)}</div>` : undefined}
    </form>
  </section>`;
}

function button({ label, order }: Button): Html {
  return html`<button name="json" value="${JSON.stringify(order)}">${label}</button>`;
}

function pendingFault(fault: Fault): Html {
  const what = {
    lose: 'the answer is lost',
    lose_request: 'the request is lost',
    delay: `the answer takes ${spanText(fault.delayMs)}`,
    cut: 'the answer is cut',
    status: `${fault.status}${fault.handled ? ', though handled' : ''}`,
  };
  const often = fault.remaining === 1 ? undefined : html` <span class="note">${fault.remaining} times</span>`;
  return html`<li><code>${fault.endpoint}</code>: ${what[fault.kind]}${often}</li>`;
}

interface Switch {
  readonly label: string;
  /** Absent: it is one everywhere. */
  readonly fits?: (world: World) => boolean;
  readonly isOn: (settings: Settings) => boolean;
  readonly on: SettingsPatch;
  readonly off: SettingsPatch;
}

const INDEX_LAG_MS = 20_000;

const SWITCHES: readonly Switch[] = [
  {
    label: 'a token used twice ends the grant',
    isOn: (now) => now.familyKill,
    on: { familyKill: true },
    off: { familyKill: false },
  },
  {
    label: 'a renewal kills the old access token',
    isOn: (now) => now.killAccessOnRefresh,
    on: { killAccessOnRefresh: true },
    off: { killAccessOnRefresh: false },
  },
  {
    label: 'refresh life counts from the last renewal',
    isOn: (now) => now.refreshLife === 'idle',
    on: { refreshLife: 'idle' },
    off: { refreshLife: 'absolute' },
  },
  {
    label: 'tokens expire',
    fits: ({ provider }) => provider.access.whenMissing === 'never',
    isOn: (now) => now.tokensExpire,
    on: { tokensExpire: true },
    off: { tokensExpire: false },
  },
  {
    label: 'the app may use the device flow',
    fits: ({ provider }) => provider.endpoints.deviceCode !== undefined,
    isOn: (now) => now.deviceFlow,
    on: { deviceFlow: true },
    off: { deviceFlow: false },
  },
  {
    label: 'posts show up 20 s late',
    fits: ({ takesPosts }) => takesPosts,
    isOn: (now) => now.indexLagMs > 0,
    on: { indexLagMs: INDEX_LAG_MS },
    off: { indexLagMs: 0 },
  },
  {
    label: 'out of credits',
    fits: ({ takesPosts }) => takesPosts,
    isOn: (now) => now.creditMicroDollars !== null,
    on: { creditMicroDollars: 0 },
    off: { creditMicroDollars: null },
  },
  {
    label: 'monthly cap reached',
    fits: ({ takesPosts }) => takesPosts,
    isOn: (now) => now.usageCapReached,
    on: { usageCapReached: true },
    off: { usageCapReached: false },
  },
];

/** What the provider is like, where it may be one way or the other. */
export function switchPanel(world: World): Html {
  const { settings } = world.state;
  const rows = SWITCHES.filter(({ fits }) => fits?.(world) ?? true).map((one) => {
    const isOn = one.isOn(settings);
    return html`<button
      class="switch"
      role="switch"
      aria-checked="${String(isOn)}"
      name="json"
      value="${JSON.stringify(isOn ? one.off : one.on)}"
    >
      <span class="knob"></span>${one.label}
    </button>`;
  });
  return html`<section class="panel">
    <h2>How it behaves</h2>
    <form method="post" action="/_sim/settings" class="switches">${rows}</form>
  </section>`;
}

export function clockPanel(world: World): Html {
  const steps = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 30 * DAY_MS];
  const ahead =
    world.state.clockAdvancedMs === 0
      ? undefined
      : html`<p class="note">It is ${spanText(world.state.clockAdvancedMs)} ahead.</p>`;
  return html`<section class="panel">
    <h2>Its clock</h2>
    ${ahead}
    <form method="post" action="/_sim/clock">
      <div class="buttons">
        ${steps.map((ms) => html`<button name="json" value="${JSON.stringify({ advance_ms: ms })}">${spanText(ms)} later</button>`)}
      </div>
    </form>
  </section>`;
}

/** The numbers that a test looks at. */
export function numberRow(world: World): Html {
  const { counts, grants } = world.state;
  const renewals = [...grants.values()].reduce((sum, grant) => sum + grant.renewals, 0);
  return html`<dl class="numbers">
    <div>
      <dt>renewals</dt>
      <dd>${renewals}</dd>
    </div>
    <div class="${counts.presentedTwice === 0 ? '' : 'warn'}">
      <dt>tokens used twice</dt>
      <dd>${counts.presentedTwice}</dd>
    </div>
    <div>
      <dt>answers lost</dt>
      <dd>${counts.answersLost + counts.answersCut}</dd>
    </div>
    ${world.takesPosts ? postNumbers(world) : undefined}
  </dl>`;
}

function postNumbers({ state: { counts, money } }: World): Html {
  const left =
    money.balanceMicroDollars === null ? undefined : html`<small>${dollarText(money.balanceMicroDollars)} left</small>`;
  return html`<div>
      <dt>posts</dt>
      <dd>${counts.postsCreated}</dd>
    </div>
    <div>
      <dt>money spent</dt>
      <dd>${dollarText(money.spentMicroDollars)}${left}</dd>
    </div>`;
}
