import type { Reply } from '../wire.ts';
import type { World } from '../world.ts';
import { scopeList, whoAreYou } from './consent-page.ts';
import { html, pageReply } from './page.ts';

/** The page on which a user types the code that his device shows. */
export function devicePage(world: World, userCode: string): Reply {
  const path = new URL(world.provider.endpoints.devicePage ?? '/').pathname;
  const body = html`<body class="consent">
    <main class="card">
      <p class="badge">Simulated ${world.provider.name}</p>
      <h1>Connect a device</h1>
      <form method="post" action="${path}" autocomplete="off">
        <label class="other"
          >The code that your device shows
          <span class="at"
            ><input
              type="text"
              name="user_code"
              value="${userCode}"
              maxlength="20"
              required
              placeholder="XXXX-XXXX"
              spellcheck="false"
              autocapitalize="characters" /></span
        ></label>
        ${whoAreYou()} ${scopeList([])}
        <div class="choice">
          <button class="primary" name="decision" value="allow">Authorize</button>
          <button name="decision" value="deny">Cancel</button>
        </div>
      </form>
    </main>
  </body>`;
  return pageReply({ title: 'Connect a device', body });
}

export function deviceDonePage(world: World, isAllowed: boolean): Reply {
  const body = html`<body class="consent">
    <main class="card">
      <p class="badge">Simulated ${world.provider.name}</p>
      <h1>${isAllowed ? 'Your device is connected' : 'Your device was turned away'}</h1>
      <p>You can close this window and go back to it.</p>
    </main>
  </body>`;
  return pageReply({ title: 'Connect a device', body });
}
