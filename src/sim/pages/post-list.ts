import type { Post } from '../state.ts';
import type { World } from '../world.ts';
import { html, type Html } from './page.ts';
import { dollarText, fromNowText } from './span-text.ts';
import { more } from './token-lives.ts';

const POSTS_SHOWN = 30;

/** The posts of everybody, newest first, as a timeline. */
export function postList(world: World): Html {
  const posts = [...world.state.posts.values()].toReversed();
  if (posts.length === 0) return html`<p class="empty">Nothing has been posted yet.</p>`;
  return html`<ol class="posts">
      ${posts.slice(0, POSTS_SHOWN).map((post) => onePost(world, post))}
    </ol>
    ${more(posts.length - POSTS_SHOWN, 'earlier posts')}`;
}

function onePost(world: World, post: Post): Html {
  const { state, nowMs } = world;
  const user = state.users.get(post.userId);
  const handle = user?.handle ?? post.userId;
  const parent = post.inReplyTo === undefined ? undefined : state.posts.get(post.inReplyTo);
  const parentHandle = parent === undefined ? undefined : state.users.get(parent.userId)?.handle;
  const reply = parentHandle === undefined ? undefined : html`<p class="reply">replying to @${parentHandle}</p>`;
  const hidden =
    nowMs < post.createdAtMs + state.settings.indexLagMs
      ? html`<span class="chip">not in the timeline yet</span>`
      : undefined;
  const deleted = post.deletedAtMs === undefined ? undefined : html`<span class="chip bad">deleted</span>`;
  const media = post.mediaIds.length === 0 ? undefined : html`<span class="note">${post.mediaIds.length} media</span>`;
  return html`<li class="${post.deletedAtMs === undefined ? 'post' : 'post deleted'}">
    <span class="face face-${handle.toLowerCase()}" aria-hidden="true">${handle.slice(0, 1).toUpperCase()}</span>
    <div>
      <p class="by">
        <b>${user?.name ?? handle}</b>
        <span class="note"
          >@${handle} ·
          <time datetime="${new Date(post.createdAtMs).toISOString()}"
            >${fromNowText(post.createdAtMs, nowMs)}</time
          ></span
        >
      </p>
      ${reply}
      <p class="text">${post.text}</p>
      <p class="under">
        <code>${post.id}</code><span class="note">${dollarText(post.microDollars)}</span>${media}${hidden}${deleted}
      </p>
    </div>
  </li>`;
}
