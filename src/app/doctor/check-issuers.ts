import { KippuError } from '../../model/errors.ts';
import { readMetadata } from '../../protocol/discovery.ts';
import type { ProviderApp } from '../../providers/provider-app.ts';
import type { Config } from '../config.ts';
import { appFrom } from '../issuers/issuers.ts';
import { metadataFiles } from '../issuers/metadata-files.ts';
import type { IssuerRegistration } from '../issuers/registration.ts';
import type { Outside } from '../open.ts';
import type { Finding } from './finding.ts';

export interface CheckedIssuers {
  readonly findings: readonly Finding[];
  /** Of those that are known, from the present description or the kept one. */
  readonly apps: readonly ProviderApp[];
}

/** Asks each provider that describes itself, as a start would. Keeps nothing. */
export async function checkIssuers(config: Config, outside: Outside): Promise<CheckedIssuers> {
  const checked = await Promise.all(config.issuers.map((registration) => checkIssuer(registration, config, outside)));
  return { findings: checked.flatMap(({ findings }) => findings), apps: checked.flatMap(({ apps }) => apps) };
}

async function checkIssuer(
  registration: IssuerRegistration,
  { home }: Config,
  { http, random }: Outside,
): Promise<CheckedIssuers> {
  const { id: provider, issuer } = registration;
  try {
    const app = appFrom(await readMetadata(issuer, http), registration);
    return { findings: [{ kind: 'issuer_good', level: 'ok', provider, issuer }], apps: [app] };
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    const kept = metadataFiles(home, random).kept(provider);
    const apps = kept?.issuer === issuer ? keptApp(kept.metadata, registration) : [];
    const level = apps.length > 0 ? 'warning' : 'problem';
    return {
      findings: [{ kind: 'issuer_silent', level, provider, error: error.message, isKept: apps.length > 0 }],
      apps,
    };
  }
}

function keptApp(metadata: Readonly<Record<string, unknown>>, registration: IssuerRegistration): ProviderApp[] {
  try {
    return [appFrom(metadata, registration)];
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    return [];
  }
}
