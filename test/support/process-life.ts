import type { FaultPoint, FaultPoints } from '../../src/model/fault-points.ts';

/** The process died here. Nothing that it still had to do happens. */
export class Crash extends Error {
  constructor(where: string) {
    super(`the process died: ${where}`);
    this.name = 'Crash';
  }
}

/**
 * One process of a simulated machine. It can be killed: whatever it waits for never comes, and whatever it still calls
 * has no effect. It can be paused: the world goes on, and what it waits for comes when it runs again.
 */
export class ProcessLife implements FaultPoints {
  /** Every fault point that was reached, in order. */
  readonly reached: FaultPoint[] = [];
  #isDead = false;
  #crashPoint: FaultPoint | undefined;
  #running: Promise<void> = Promise.resolve();
  #resume: (() => void) | undefined;

  get isDead(): boolean {
    return this.#isDead;
  }

  kill(): void {
    this.#isDead = true;
  }

  /** The process dies when it gets there. */
  crashAt(point: FaultPoint): void {
    this.#crashPoint = point;
  }

  pause(): void {
    this.#running = new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#running = Promise.resolve();
  }

  reach(point: FaultPoint): void {
    this.dieIfDead();
    this.reached.push(point);
    if (point !== this.#crashPoint) return;
    this.kill();
    throw new Crash(point);
  }

  dieIfDead(): void {
    if (this.#isDead) throw new Crash('it is dead already');
  }

  /** Goes on when the process runs; never, when it is dead. */
  async turn(): Promise<void> {
    await this.#running;
    if (this.#isDead) await new Promise<never>(() => undefined);
  }

  /** The same object, as this process reaches it. */
  within<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function'
          ? (...args: unknown[]) => this.#call(() => member.apply(target, args) as unknown)
          : member;
      },
    });
  }

  #call(work: () => unknown): unknown {
    this.dieIfDead();
    const result = work();
    return result instanceof Promise ? this.#afterwards(result) : result;
  }

  async #afterwards(result: Promise<unknown>): Promise<unknown> {
    try {
      const value = await result;
      await this.turn();
      return value;
    } catch (error) {
      if (!(error instanceof Crash)) await this.turn();
      throw error;
    }
  }
}
