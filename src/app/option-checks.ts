import { KippuError } from '../model/errors.ts';
import { otherKind, type Check } from '../providers/shape.ts';

/** What `sqlite(…)` and `postgres(…)` give. An address in its place has a password in it and is not shown. */
export function openerOr(other?: 'memory'): Check {
  return (value, where) => {
    if (typeof value === 'function' || (other !== undefined && value === other)) return;
    const besides = other === undefined ? '' : `, or '${other}' for one process`;
    throw otherKind(
      where,
      value,
      `sqlite('kippu.db') from kippu/sqlite, or postgres('postgres://…') from kippu/postgres${besides}`,
    );
  };
}

/** Apps as `x({ … })` makes them, no two at one provider: only the first would ever be asked. */
export const providerApps: Check = (value, where) => {
  if (!Array.isArray(value)) throw otherKind(where, value, 'a list of apps, as in [x({ clientId })]');
  const seen = new Set<unknown>();
  for (const [at, app] of (value as readonly unknown[]).entries()) {
    if (!isApp(app)) throw otherKind(`${where}[${at}]`, app, 'an app, as x({ clientId }) of kippu/providers makes it');
    const { id, name } = app.provider;
    if (seen.has(id)) {
      throw new KippuError(
        'invalid',
        `${where}[${at}] is a second app at ${name}, and nobody could say which of them is meant. Give one for each provider.`,
        { where: `${where}[${at}]` },
      );
    }
    seen.add(id);
  }
};

interface AppLike {
  readonly provider: { readonly id: string; readonly name: string };
}

function isApp(value: unknown): value is AppLike {
  return typeof value === 'object' && value !== null && 'endpoints' in value && 'provider' in value;
}
