/**
 * Keeps OAuth 2.0 tokens alive in your own process: connect, renew exactly once, call.
 *
 * @module kippu
 */

export {
  createKippu,
  type AccessToken,
  type ConnectAppOptions,
  type GetAccessTokenOptions,
  type GetIdTokenOptions,
  type IdToken,
  type ImportApiKeyOptions,
  type Kippu,
  type KippuOptions,
  type Listener,
  type MadeConnection,
} from './app/kippu.ts';
export type { MailOptions } from './app/mail.ts';
export { discoverProvider, type DiscoverOptions } from './app/discover-provider.ts';
export { defineConfig, type ConfigFile, type ProviderSettings } from './app/settings.ts';
export { ERROR_CODES, KippuError, type ErrorCode, type ErrorFacts } from './model/errors.ts';
export { EVENT_TYPES, type EventType, type KippuEvent } from './model/event.ts';
export { Secret } from './model/secret.ts';
