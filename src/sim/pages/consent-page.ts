import { PREDEFINED_HANDLES, userOf } from '../names.ts';
import type { PendingConsent } from '../state.ts';
import type { Reply } from '../wire.ts';
import type { World } from '../world.ts';
import { html, pageReply, type Html } from './page.ts';

/** What each scope means to the person who is asked. One that is not listed is shown by its name. */
const SCOPES_SAID: ReadonlyMap<string, string> = new Map([
  ['tweet.read', 'See posts that you can see'],
  ['tweet.write', 'Post and delete posts for you'],
  ['users.read', 'See your profile and those of others'],
  ['follows.read', 'See whom you follow and who follows you'],
  ['media.write', 'Upload pictures and videos for you'],
  ['offline.access', 'Stay connected until you remove it'],
]);

/** The page on which somebody allows or denies. */
export function consentPage(world: World, consent: PendingConsent): Reply {
  const { request } = consent;
  const path = new URL(world.provider.endpoints.authorization).pathname;
  const body = html`<body class="consent">
    <main class="card">
      <p class="badge">Simulated ${world.provider.name}</p>
      <h1><span class="app">${request.clientId}</span> wants to use your account</h1>
      <form method="post" action="${path}" autocomplete="off">
        <input type="hidden" name="consent" value="${consent.id}" />
        ${whoAreYou()} ${scopeList(request.scopes)}
        <div class="choice">
          <button class="primary" name="decision" value="allow">Authorize app</button>
          <button name="decision" value="deny">Cancel</button>
        </div>
      </form>
      <p class="target">Afterwards you are taken to<br /><code>${request.redirectUri}</code></p>
    </main>
  </body>`;
  return pageReply({ title: `Authorize ${request.clientId}`, body, formAction: formTargets(request.redirectUri) });
}

/** The people everybody can be here, and a field for others. */
export function whoAreYou(): Html {
  return html`<fieldset>
    <legend>Who are you?</legend>
    <div class="people">${PREDEFINED_HANDLES.map((handle, index) => person(handle, index === 0))}</div>
    <label class="other"
      >or somebody else
      <span class="at"
        >@<input
          type="text"
          name="handle"
          maxlength="15"
          pattern="[A-Za-z0-9_]{1,15}"
          placeholder="handle"
          spellcheck="false"
          autocapitalize="none" /></span
    ></label>
  </fieldset>`;
}

/** Without scopes, an app has the permissions that it was registered with. */
export function scopeList(scopes: readonly string[]): Html {
  if (scopes.length === 0) return html`<p class="asks">The app will act with the permissions that it was given.</p>`;
  return html`<p class="asks">The app will be able to</p>
    <ul class="scopes">
      ${scopes.map((scope) => html`<li><span>${SCOPES_SAID.get(scope) ?? scope}</span><code>${scope}</code></li>`)}
    </ul>`;
}

/** Shown instead of a redirect when the redirect target cannot be trusted. */
export function problemPage(world: World, problem: string): Reply {
  const body = html`<body class="consent">
    <main class="card">
      <p class="badge">Simulated ${world.provider.name}</p>
      <h1>Something went wrong</h1>
      <p>You were not able to give access to the app.</p>
      <p class="problem">${problem}</p>
    </main>
  </body>`;
  return pageReply({ title: 'Something went wrong', body, status: 400 });
}

function person(handle: string, isFirst: boolean): Html {
  const user = userOf(handle);
  const checked = isFirst ? html` checked` : undefined;
  return html`<label class="person"
    ><input type="radio" name="user" value="${handle}" ${checked} /><span class="face face-${handle}" aria-hidden="true"
      >${user.name.slice(0, 1)}</span
    ><span><b>${user.name}</b><small>@${handle}</small></span></label
  >`;
}

/**
 * The answer to the form is a redirect to the app, which may redirect further; browsers hold `form-action` against
 * each of them.
 */
function formTargets(redirectUri: string): string {
  const { protocol } = new URL(redirectUri);
  return protocol === 'http:' || protocol === 'https:' ? "'self' http: https:" : `'self' http: https: ${protocol}`;
}
