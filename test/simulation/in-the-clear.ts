import type { Mutant } from './mutation.ts';

/** Of both engines: what they tell of a renewal is worded in one place. */
export const IN_THE_CLEAR: Mutant['patches'] = [
  {
    file: 'src/protocol/stored-tokens.ts',
    search: '    ),\n    generation,',
    replace: '    ),\n    generation,\n    clear: refreshToken?.reveal(),',
  },
  {
    file: 'src/store/new-events.ts',
    search:
      'export function renewed({ claim, accessExpiresAtMs }: RenewedSettlement, version: number): NewEvent {\n  return {\n    happening: `renewed:${claim.attemptId}`,',
    replace:
      'export function renewed(settlement: RenewedSettlement, version: number): NewEvent {\n  const { claim, accessExpiresAtMs } = settlement;\n  return {\n    happening: `renewed:${claim.attemptId}:${(settlement as unknown as { clear: string }).clear}`,',
  },
];
