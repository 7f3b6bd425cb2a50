import type { RefreshOptions } from '../providers/app-settings.ts';
import type { ProviderAppOptions } from '../providers/provider-app.ts';
import type { Provider } from '../providers/provider.ts';
import type { Settings } from './settings.ts';

/** How single settings are read; each throws `invalid`, naming the variable. */
export interface SettingReaders {
  readonly duration: (settings: Settings, name: string) => number | undefined;
  readonly flag: (settings: Settings, name: string) => boolean | undefined;
  readonly choice: <const T extends string>(settings: Settings, name: string, choices: readonly T[]) => T | undefined;
}

type ParticularOptions = Pick<
  ProviderAppOptions,
  'host' | 'tenant' | 'testing' | 'audience' | 'organization' | 'clientAuth' | 'refresh'
>;

/** The last parts of the variables that only some providers have, as in `KIPPU_AUTH0_DOMAIN`. */
export function particularVariables({ hosting, tenancy, appParameters = {}, refresh }: Provider): readonly string[] {
  return [
    ...(hosting === undefined ? [] : [hostVariable(hosting)]),
    ...(tenancy === undefined ? [] : ['TENANT']),
    ...(refresh.testingAbsoluteMs === undefined ? [] : ['TESTING']),
    ...Object.keys(appParameters).map((name) => name.toUpperCase()),
    ...(refresh.configurable === true ? ['CLIENT_AUTH', ...REFRESH_VARIABLES] : []),
  ];
}

/** Those of them without which an app is none: a provider that runs on hosts of its customers alone needs the host. */
export function neededVariables({ hosting }: Provider): readonly string[] {
  return hosting?.required === true ? [hostVariable(hosting)] : [];
}

const REFRESH_VARIABLES = [
  'ROTATION',
  'LEEWAY',
  'REFRESH_LIFETIME',
  'REFRESH_IDLE_LIFETIME',
  'REPLAY_IN_LEEWAY',
] as const;

/** What a customer's own address is called at this provider. */
export function hostVariable({ setting = 'host' }: NonNullable<Provider['hosting']>): string {
  return setting.toUpperCase();
}

/** What only some providers leave to an app, read from its variables. */
export function particularOptions(provider: Provider, settings: Settings, read: SettingReaders): ParticularOptions {
  const prefix = `KIPPU_${provider.id.toUpperCase()}_`;
  const textOf = (name: string): string | undefined => settings.get(`${prefix}${name}`)?.value;
  const { hosting } = provider;
  return {
    host: hosting === undefined ? undefined : textOf(hostVariable(hosting)),
    tenant: textOf('TENANT'),
    testing: read.flag(settings, `${prefix}TESTING`),
    audience: textOf('AUDIENCE'),
    organization: textOf('ORGANIZATION'),
    clientAuth: read.choice(settings, `${prefix}CLIENT_AUTH`, ['body', 'basic']),
    refresh: refreshOptions(prefix, settings, read),
  };
}

function refreshOptions(prefix: string, settings: Settings, read: SettingReaders): RefreshOptions {
  const life = (name: string): number | 'never' | undefined =>
    settings.get(prefix + name)?.value === 'never' ? 'never' : read.duration(settings, prefix + name);
  return {
    rotation: read.choice(settings, `${prefix}ROTATION`, ['rotating', 'non-rotating']),
    leewayMs: read.duration(settings, `${prefix}LEEWAY`),
    lifetimeMs: life('REFRESH_LIFETIME'),
    idleMs: life('REFRESH_IDLE_LIFETIME'),
    replayInLeeway: read.flag(settings, `${prefix}REPLAY_IN_LEEWAY`),
  };
}
