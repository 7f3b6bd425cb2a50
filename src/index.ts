/**
 * Keeps OAuth 2.0 tokens alive in your own process: connect, renew exactly once, call, post.
 *
 * @module kippu
 */

/**
 * Keeps OAuth 2.0 tokens alive in your own process: connect, renew exactly once, call.
 *
 * @module kippu
 */

export { createKippu, type Kippu } from './app/kippu.ts';
export type { Connection } from './app/library/connection-view.ts';
export type {
  ConnectAppOptions,
  ConnectionFilter,
  ImportApiKeyOptions,
  ImportTokensOptions,
  RevokeOptions,
} from './app/library/connections.ts';
export type { ConnectLink, ConnectOptions, ConsentOptions, RedeemOptions } from './app/library/consents.ts';
export type { DeviceCode } from './app/library/devices.ts';
export type { EventQuery } from './app/library/events.ts';
export type { KippuOptions, MailOptions } from './app/library/options.ts';
export type { Post, PostFilter, PostOptions } from './app/library/posting.ts';
export type { Compose, Schedule, ScheduledWork, ScheduleOptions } from './app/library/scheduling.ts';
export type { AccessToken, GetAccessTokenOptions, GetIdTokenOptions, IdToken } from './app/library/tokens.ts';
export type { ComposeCall, ComposedText, ComposeFunction } from './app/ports/ask-function.ts';
export { discoverProvider, type DiscoverOptions } from './app/discover-provider.ts';
export { defineConfig, type ConfigFile, type ProviderSettings } from './app/settings.ts';
export { ERROR_CODES, KippuError, type ErrorCode, type ErrorFacts } from './model/errors.ts';
export { EVENT_TYPES, type EventType, type KippuEvent } from './model/event.ts';
export { Secret } from './model/secret.ts';
export type { Listener } from './app/library/running.ts';
