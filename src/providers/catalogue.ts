import { auth0Data } from './data/auth0.ts';
import { atlassianData } from './data/atlassian.ts';
import { discordData } from './data/discord.ts';
import { dropboxData } from './data/dropbox.ts';
import { entraData } from './data/entra.ts';
import { facebookData } from './data/facebook.ts';
import { githubData } from './data/github.ts';
import { gitlabData } from './data/gitlab.ts';
import { googleData } from './data/google.ts';
import { hubspotData } from './data/hubspot.ts';
import { instagramData } from './data/instagram.ts';
import { lineData } from './data/line.ts';
import { linkedinData } from './data/linkedin.ts';
import { mastodonData } from './data/mastodon.ts';
import { notionData } from './data/notion.ts';
import { salesforceData } from './data/salesforce.ts';
import { slackData } from './data/slack.ts';
import { spotifyData } from './data/spotify.ts';
import { threadsData } from './data/threads.ts';
import { tiktokData } from './data/tiktok.ts';
import { xData } from './data/x.ts';
import { zoomData } from './data/zoom.ts';
import type { Provider } from './provider.ts';

/**
 * All providers that Kippu knows by itself.
 *
 * @example
 * ```ts
 * import { CATALOGUE } from 'kippu/providers';
 * export const singleUse = CATALOGUE.filter(({ refresh }) => refresh.rotation === 'single-use').map(({ id }) => id);
 * ```
 */
export const CATALOGUE: readonly Provider[] = [
  xData,
  githubData,
  auth0Data,
  googleData,
  entraData,
  facebookData,
  instagramData,
  threadsData,
  spotifyData,
  linkedinData,
  slackData,
  discordData,
  gitlabData,
  tiktokData,
  notionData,
  dropboxData,
  atlassianData,
  hubspotData,
  zoomData,
  lineData,
  salesforceData,
  mastodonData,
];
