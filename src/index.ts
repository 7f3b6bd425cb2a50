export {
  createKippu,
  type AccessToken,
  type GetAccessTokenOptions,
  type GetIdTokenOptions,
  type IdToken,
  type Kippu,
  type KippuOptions,
  type Listener,
  type MailOptions,
} from './app/kippu.ts';
export { defineConfig, type ConfigFile, type ProviderSettings } from './app/settings.ts';
export { ERROR_CODES, KippuError, type ErrorCode } from './model/errors.ts';
export { EVENT_TYPES, type EventType, type KippuEvent } from './model/event.ts';
export { Secret } from './model/secret.ts';
