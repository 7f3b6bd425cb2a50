import { bind, type AppOptions } from './bind.ts';
import { atlassianData } from './data/atlassian.ts';
import { discordData } from './data/discord.ts';
import { dropboxData } from './data/dropbox.ts';
import { facebookData } from './data/facebook.ts';
import { hubspotData } from './data/hubspot.ts';
import { instagramData } from './data/instagram.ts';
import { lineData } from './data/line.ts';
import { linkedinData } from './data/linkedin.ts';
import { notionData } from './data/notion.ts';
import { slackData } from './data/slack.ts';
import { spotifyData } from './data/spotify.ts';
import { threadsData } from './data/threads.ts';
import { tiktokData } from './data/tiktok.ts';
import { xData } from './data/x.ts';
import { zoomData } from './data/zoom.ts';
import type { ProviderApp } from './provider-app.ts';

/**
 * Your app at X. `clientSecret` makes it a confidential client (Web App, Automated App or Bot); without it, it is a
 * public one (Native App, Single Page App). See https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
 *
 * @example
 * ```ts
 * import { x } from 'kippu/providers';
 * export const app = x({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_X_CLIENT_SECRET'] });
 * ```
 */
export function x(options: AppOptions): ProviderApp {
  return bind(xData, options);
}

/**
 * Your app at Facebook, with Facebook Login.
 *
 * @example
 * ```ts
 * import { facebook } from 'kippu/providers';
 * export const app = facebook({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_FACEBOOK_CLIENT_SECRET'] });
 * ```
 */
export function facebook(options: AppOptions): ProviderApp {
  return bind(facebookData, options);
}

/**
 * Your app at Instagram, with Instagram Login.
 *
 * @example
 * ```ts
 * import { instagram } from 'kippu/providers';
 * export const app = instagram({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_INSTAGRAM_CLIENT_SECRET'] });
 * ```
 */
export function instagram(options: AppOptions): ProviderApp {
  return bind(instagramData, options);
}

/**
 * Your Threads app: it has an id and a secret of its own.
 *
 * @example
 * ```ts
 * import { threads } from 'kippu/providers';
 * export const app = threads({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_THREADS_CLIENT_SECRET'] });
 * ```
 */
export function threads(options: AppOptions): ProviderApp {
  return bind(threadsData, options);
}

/**
 * Your app at Spotify.
 *
 * @example
 * ```ts
 * import { spotify } from 'kippu/providers';
 * export const app = spotify({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_SPOTIFY_CLIENT_SECRET'] });
 * ```
 */
export function spotify(options: AppOptions): ProviderApp {
  return bind(spotifyData, options);
}

/**
 * Your app at LinkedIn.
 *
 * @example
 * ```ts
 * import { linkedin } from 'kippu/providers';
 * export const app = linkedin({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_LINKEDIN_CLIENT_SECRET'] });
 * ```
 */
export function linkedin(options: AppOptions): ProviderApp {
  return bind(linkedinData, options);
}

/**
 * Your app at Slack, with token rotation.
 *
 * @example
 * ```ts
 * import { slack } from 'kippu/providers';
 * export const app = slack({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_SLACK_CLIENT_SECRET'] });
 * ```
 */
export function slack(options: AppOptions): ProviderApp {
  return bind(slackData, options);
}

/**
 * Your app at Discord.
 *
 * @example
 * ```ts
 * import { discord } from 'kippu/providers';
 * export const app = discord({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_DISCORD_CLIENT_SECRET'] });
 * ```
 */
export function discord(options: AppOptions): ProviderApp {
  return bind(discordData, options);
}

/**
 * Your app at TikTok.
 *
 * @example
 * ```ts
 * import { tiktok } from 'kippu/providers';
 * export const app = tiktok({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_TIKTOK_CLIENT_SECRET'] });
 * ```
 */
export function tiktok(options: AppOptions): ProviderApp {
  return bind(tiktokData, options);
}

/**
 * Your app at Notion.
 *
 * @example
 * ```ts
 * import { notion } from 'kippu/providers';
 * export const app = notion({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_NOTION_CLIENT_SECRET'] });
 * ```
 */
export function notion(options: AppOptions): ProviderApp {
  return bind(notionData, options);
}

/**
 * Your app at Dropbox.
 *
 * @example
 * ```ts
 * import { dropbox } from 'kippu/providers';
 * export const app = dropbox({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_DROPBOX_CLIENT_SECRET'] });
 * ```
 */
export function dropbox(options: AppOptions): ProviderApp {
  return bind(dropboxData, options);
}

/**
 * Your app at Atlassian.
 *
 * @example
 * ```ts
 * import { atlassian } from 'kippu/providers';
 * export const app = atlassian({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_ATLASSIAN_CLIENT_SECRET'] });
 * ```
 */
export function atlassian(options: AppOptions): ProviderApp {
  return bind(atlassianData, options);
}

/**
 * Your app at HubSpot.
 *
 * @example
 * ```ts
 * import { hubspot } from 'kippu/providers';
 * export const app = hubspot({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_HUBSPOT_CLIENT_SECRET'] });
 * ```
 */
export function hubspot(options: AppOptions): ProviderApp {
  return bind(hubspotData, options);
}

/**
 * Your app at Zoom.
 *
 * @example
 * ```ts
 * import { zoom } from 'kippu/providers';
 * export const app = zoom({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_ZOOM_CLIENT_SECRET'] });
 * ```
 */
export function zoom(options: AppOptions): ProviderApp {
  return bind(zoomData, options);
}

/**
 * Your app at LINE.
 *
 * @example
 * ```ts
 * import { line } from 'kippu/providers';
 * export const app = line({ clientId: 'your-client-id', clientSecret: process.env['KIPPU_LINE_CLIENT_SECRET'] });
 * ```
 */
export function line(options: AppOptions): ProviderApp {
  return bind(lineData, options);
}
