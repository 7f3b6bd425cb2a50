import { setTimeout as sleep } from 'node:timers/promises';
import type { Records } from '../records.ts';
import { kippuCommand, type Stage } from '../stage.ts';

const LOOK_EVERY_MS = 3000;

export interface OperatorOptions {
  readonly stage: Stage;
  readonly records: Records;
  readonly home: string;
}

/** Whoever is called when so many renewals were rejected at once that the app is held: he lets it go on. */
export class Operator {
  readonly #options: OperatorOptions;
  releases = 0;

  constructor(options: OperatorOptions) {
    this.#options = options;
  }

  async goOn(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop }).catch(() => undefined);
      await this.look();
    }
  }

  async look(): Promise<void> {
    const { stage, records, home } = this.#options;
    if (!(await records.isAppHeld())) return;
    this.releases += 1;
    const command = ['doctor', '--release', stage.played.data.id];
    await stage.processes.start(kippuCommand(stage, { name: 'operator', home, command })).ended;
  }
}
