import type { NodeId } from '../../src/model/ids.ts';
import type { Processes, ProcessIdentity } from '../../src/model/processes.ts';
import type { ProcessLife } from './process-life.ts';

/** A machine whose processes can be seen from inside it, and only from there. */
export class Machine {
  readonly name: string;
  readonly #processes = new Map<number, ProcessLife>();

  constructor(name: string) {
    this.name = name;
  }

  start(nodeId: NodeId, life: ProcessLife): Processes {
    const pid = this.#processes.size + 1;
    this.#processes.set(pid, life);
    return {
      self: { nodeId, machine: this.name, pid, started: String(pid) },
      isGone: (process) => this.#isGone(process),
    };
  }

  #isGone({ machine, pid }: ProcessIdentity): boolean {
    return machine === this.name && (this.#processes.get(pid)?.isDead ?? true);
  }
}
