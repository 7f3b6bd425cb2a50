import { KippuError } from '../model/errors.ts';
import { flag, hidden, listOf, objectOf, oneOf, orEmpty, span, text, type Check } from './shape.ts';

const spanOrNever: Check = (value, where) => {
  if (value !== 'never') span(value, where);
};

/** Of every provider; what only some take is looked at where that is known. */
const CHECKS = {
  clientId: hidden,
  clientSecret: hidden,
  clientPrivateKey: hidden,
  clientPrivateKeyId: text,
  scopes: listOf(text),
  replay: flag,
  baseUrl: orEmpty(text),
  host: orEmpty(text),
  tenant: orEmpty(text),
  testing: flag,
  audience: text,
  organization: text,
  clientAuth: oneOf('body', 'basic'),
  refresh: objectOf({
    rotation: oneOf('rotating', 'non-rotating'),
    leewayMs: span,
    lifetimeMs: spanOrNever,
    idleMs: spanOrNever,
    replayInLeeway: flag,
  }),
} as const;

const CHECK = objectOf(CHECKS);
const CHECK_WITH_CLIENT_ID = objectOf(CHECKS, ['clientId']);

/**
 * What an application says of its registration. Throws `invalid`, naming the provider, the option and what to give: what is
 * misspelt or out of range would show at the first renewal, or never.
 */
export function checkAppOptions(
  options: unknown,
  { name, needsClientId }: { readonly name: string; readonly needsClientId: boolean },
): void {
  try {
    (needsClientId ? CHECK_WITH_CLIENT_ID : CHECK)(options, '');
  } catch (error) {
    if (!(error instanceof KippuError)) throw error;
    throw new KippuError('invalid', `The app at ${name}: ${error.message}`, {
      cause: error,
      ...(error.where === undefined ? {} : { where: error.where }),
    });
  }
}
