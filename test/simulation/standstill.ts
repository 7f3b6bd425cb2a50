/** Something that a server is doing, or that cannot go on before somebody else has done something. */
export interface Work {
  isWaiting: boolean;
}

interface Told extends Work {
  tell: (() => void) | undefined;
}

/**
 * A real server takes real time, and the simulation stands still for so long. What several pieces of work have brought is
 * told when none goes on any more, in the order in which they were begun: so it does not matter which was done sooner.
 */
export class Standstill {
  readonly #works = new Set<Told>();
  #come: (() => void) | undefined;
  #coming: Promise<void> | undefined;

  /** Begins a piece of work. What it brings is told at the next standstill. */
  begin<T>(work: (self: Work) => Promise<T>): Promise<T> {
    const self: Told = { isWaiting: false, tell: undefined };
    this.#works.add(self);
    return new Promise((resolve, reject) => {
      const ended = (tell: () => void): void => {
        self.tell = tell;
        this.look();
      };
      work(self).then(
        (value) => ended(() => resolve(value)),
        (error: unknown) => ended(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
    });
  }

  /** Nothing is under way now, or a promise of that. */
  settled(): Promise<void> | undefined {
    if (!this.#isMoving()) return undefined;
    this.#coming ??= new Promise((resolve) => (this.#come = resolve));
    return this.#coming;
  }

  /** To be called whenever something has come to a stand. */
  look(): void {
    if (this.#isMoving()) return;
    for (const work of [...this.#works]) {
      if (work.tell === undefined) continue;
      this.#works.delete(work);
      work.tell();
    }
    const come = this.#come;
    [this.#come, this.#coming] = [undefined, undefined];
    come?.();
  }

  #isMoving(): boolean {
    return [...this.#works].some(({ isWaiting, tell }) => tell === undefined && !isWaiting);
  }
}
