import { KippuError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { checkIssuer } from '../../protocol/discovery.ts';
import { CATALOGUE } from '../../providers/index.ts';
import type { Settings } from '../settings.ts';
import type { IssuerRegistration } from './registration.ts';

/**
 * Providers that are configured by their issuer: `KIPPU_<ID>_ISSUER`, with the same further variables as every provider.
 * Throws `invalid`, naming the variable.
 */
export function configuredIssuers(settings: Settings): readonly IssuerRegistration[] {
  return settings.names().flatMap((variable) => {
    const id = /^KIPPU_([A-Z][A-Z0-9]*)_ISSUER$/.exec(variable)?.[1]?.toLowerCase();
    const issuer = settings.get(variable)?.value;
    return id === undefined || issuer === undefined ? [] : [registrationOf(id, issuer, { variable, settings })];
  });
}

interface Found {
  readonly variable: string;
  readonly settings: Settings;
}

function registrationOf(id: string, issuer: string, { variable, settings }: Found): IssuerRegistration {
  const known = new Set([...CATALOGUE, ...settings.ownProviders].map((provider) => provider.id));
  if (known.has(id))
    throw invalid(
      variable,
      `${id} is a provider that is described already. Give this one another id, as in KIPPU_ACME_ISSUER.`,
    );
  const problem = checkIssuer(issuer);
  if (problem !== undefined) throw invalid(variable, problem);
  const value = (suffix: string): string | undefined => settings.get(`KIPPU_${id.toUpperCase()}_${suffix}`)?.value;
  const clientId = value('CLIENT_ID');
  if (clientId === undefined)
    throw invalid(
      `KIPPU_${id.toUpperCase()}_CLIENT_ID`,
      `it is missing, and ${variable} is there. Register an app at ${issuer} and give its client id.`,
    );
  const secret = value('CLIENT_SECRET');
  return {
    id,
    name: new URL(issuer).host,
    issuer,
    options: {
      clientId,
      clientSecret: secret === undefined ? undefined : new Secret(secret),
      scopes: value('SCOPES')
        ?.split(/[\s,]+/)
        .filter((scope) => scope !== ''),
      replay: replayOf(value('REPLAY')),
    },
  };
}

function replayOf(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : !['0', 'false', 'no', 'off'].includes(text.toLowerCase());
}

function invalid(variable: string, what: string): KippuError {
  return new KippuError('invalid', `${variable}: ${what}`, { where: variable });
}
