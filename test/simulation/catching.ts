import { runFleet, type Run } from './fleet.ts';
import type { ShareReport } from './history-process.ts';

export interface Caught {
  readonly name: string;
  readonly histories: number;
  readonly failure: ShareReport['failures'][number] | undefined;
}

/** Runs histories with a deliberate bug until one breaks a promise. */
export async function caughtBy(
  name: string,
  run: Pick<Run, 'seedFrom' | 'histories' | 'postgresUrl'>,
): Promise<Caught> {
  const report = await runFleet({ ...run, processes: 1, stopsAtFailure: true, mutant: name });
  return { name, histories: report.histories, failure: report.failures[0] };
}
