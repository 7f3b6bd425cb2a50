import { KippuError } from '../../model/errors.ts';
import { Secret } from '../../model/secret.ts';
import { checkIssuer } from '../../protocol/discovery.ts';
import { CATALOGUE } from '../../providers/index.ts';
import type { Settings } from '../settings.ts';
import { readPrivateKey } from '../private-key.ts';
import type { IssuerRegistration } from './registration.ts';

/**
 * Providers that are configured by their issuer: `KIPPU_<ID>_ISSUER`, with the same further variables as every provider.
 * Throws `invalid`, naming the variable.
 */
export function configuredIssuers(settings: Settings, directory: string): readonly IssuerRegistration[] {
  return settings.names().flatMap((variable) => {
    const id = /^KIPPU_([A-Z][A-Z0-9]*)_ISSUER$/.exec(variable)?.[1]?.toLowerCase();
    const issuer = settings.get(variable)?.value;
    return id === undefined || issuer === undefined
      ? []
      : [registrationOf(id, issuer, { variable, settings, directory })];
  });
}

interface Found {
  readonly variable: string;
  readonly settings: Settings;
  /** Where the paths of files count from. */
  readonly directory: string;
}

function registrationOf(id: string, issuer: string, { variable, settings, directory }: Found): IssuerRegistration {
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
  const privateKey = value('PRIVATE_KEY');
  const where = `KIPPU_${id.toUpperCase()}_PRIVATE_KEY`;
  // Known before the issuer is asked, and said before that.
  if (secret !== undefined && privateKey !== undefined)
    throw invalid(
      where,
      'there is a client secret too. The app proves who it is with one of them: leave the other out.',
    );
  return {
    id,
    name: new URL(issuer).host,
    issuer,
    options: {
      clientId,
      clientSecret: secret === undefined ? undefined : new Secret(secret),
      clientPrivateKey: privateKey === undefined ? undefined : readPrivateKey(privateKey, { directory, where }),
      clientPrivateKeyId: value('PRIVATE_KEY_ID'),
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
