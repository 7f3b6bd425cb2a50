import process from 'node:process';
import { KippuError } from '../model/errors.ts';
import type { ProviderAppId } from '../model/ids.ts';
import type { Config } from './config.ts';
import { checkApps } from './doctor/check-apps.ts';
import { checkDirectory } from './doctor/check-directory.ts';
import { checkIssuers } from './doctor/check-issuers.ts';
import { checkClocks, checkPort } from './doctor/check-network.ts';
import { checkMail } from './doctor/check-notices.ts';
import { checkSettings, settingsInForce, type SettingInForce } from './doctor/check-settings.ts';
import { checkStore } from './doctor/check-store.ts';
import type { Finding } from './doctor/finding.ts';
import type { Outside } from './open.ts';
import type { Settings } from './settings.ts';
import { storeOpener } from './system.ts';

export interface Patient {
  readonly readSettings: () => Promise<Settings>;
  readonly readConfig: (settings: Settings) => Promise<Config>;
  readonly outside: Outside;
}

export interface Diagnosis {
  readonly settings: readonly SettingInForce[];
  readonly findings: readonly Finding[];
  /** Nothing is a problem. */
  readonly isHealthy: boolean;
}

/** Looks at everything that is usually wrong when something does not work. Changes nothing, and throws for nothing it finds. */
export async function examine(patient: Patient): Promise<Diagnosis> {
  const findings: Finding[] = [
    { kind: 'node', level: 'ok', version: process.versions.node, platform: `${process.platform} ${process.arch}` },
  ];
  const settings = await orFinding(patient.readSettings, findings);
  if (settings !== undefined) findings.push(...checkSettings(settings));
  const config = settings === undefined ? undefined : await orFinding(() => patient.readConfig(settings), findings);
  if (config !== undefined) findings.push(...(await checkConfigured(config, patient.outside)));
  return {
    settings: settings === undefined ? [] : settingsInForce(settings, config),
    findings,
    isHealthy: findings.every(({ level }) => level !== 'problem'),
  };
}

/** The sandbox's simulators go by this machine's own clock: there is nothing to compare. */
async function checkConfigured(given: Config, outside: Outside): Promise<Finding[]> {
  const issuers = await checkIssuers(given, outside);
  const config = { ...given, apps: [...given.apps, ...issuers.apps] };
  const [store, clocks, port, mail] = await Promise.all([
    checkStore(config, outside),
    checkClocks(config.sandbox ? [] : config.apps, outside),
    checkPort(config),
    checkMail(config, outside.clock),
  ]);
  return [checkDirectory(config.home), ...store, ...checkApps(config), ...issuers.findings, ...clocks, port, mail];
}

async function orFinding<T>(work: () => Promise<T>, findings: Finding[]): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    findings.push({ kind: 'config_invalid', level: 'problem', error: error.message });
    return undefined;
  }
}

/**
 * An operator has looked at why so many refresh tokens of a provider app were rejected: its renewals go on. Gives how
 * many provider apps were held.
 *
 * Throws `not_found` for a provider that is not configured.
 */
export async function releaseProvider(provider: string, config: Config, outside: Outside): Promise<number> {
  const ids = new Set<ProviderAppId>(config.apps.filter((app) => app.provider.id === provider).map(({ id }) => id));
  if (ids.size === 0) {
    throw new KippuError(
      'not_found',
      `The provider ${provider} is not configured. \`kippu doctor\` lists those that are.`,
      { where: '--release' },
    );
  }
  const store = await storeOpener(config.databaseUrl, false)(outside);
  try {
    const held = (await store.home.apps()).filter(
      ({ id, heldForOperator, holdUntilMs }) => ids.has(id) && (heldForOperator || holdUntilMs !== undefined),
    );
    for (const { id } of held) await store.home.releaseApp(id);
    return held.length;
  } finally {
    await store.close();
  }
}
