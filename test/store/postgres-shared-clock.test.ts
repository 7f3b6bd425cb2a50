import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Clock } from '../../src/model/clock.ts';
import type { Queryable } from '../../src/store/postgres/database.ts';
import { SharedClock } from '../../src/store/postgres/shared-clock.ts';

const T = 1_800_000_000_000;
const MINUTE_MS = 60_000;

describe('the clock that nodes share', () => {
  it('is the database’s, however wrong the machine’s own is', async () => {
    const machine = new Machine(-20 * MINUTE_MS);
    const clock = await followed(machine);
    assert.equal(clock.nowMs(), T);
    machine.pass(5 * MINUTE_MS);
    assert.equal(clock.nowMs(), T + 5 * MINUTE_MS);
    assert.deepEqual([await clock.corrected(), machine.questions], [false, 1]);
  });

  for (const setMs of [3 * MINUTE_MS, -3 * MINUTE_MS]) {
    it(`knows at once that it was set by ${setMs / MINUTE_MS} minutes, and is right when it was asked to be`, async () => {
      const machine = new Machine(0);
      const clock = await followed(machine);
      machine.pass(1000);
      machine.set(setMs);
      assert.equal(await clock.corrected(), true);
      assert.equal(clock.nowMs(), T + 1000);
      assert.equal(await clock.corrected(), false, 'once');
    });
  }

  it('shows no time twice while it has only been set back, and asks by itself', async () => {
    const machine = new Machine(0);
    const clock = await followed(machine);
    machine.pass(1000);
    machine.set(-3 * MINUTE_MS);
    assert.equal(clock.nowMs(), T + 1000, 'what is over stays over');
    await settled();
    assert.deepEqual([clock.nowMs(), machine.questions], [T + 1000, 2]);
  });

  it('counts the night that a machine has slept, of which its monotonic clock knows nothing', async () => {
    const machine = new Machine(0);
    const clock = await followed(machine);
    machine.sleep(480 * MINUTE_MS);
    assert.equal(clock.nowMs(), T + 480 * MINUTE_MS, 'whoever holds a lease sees that it is over');
    assert.equal(await clock.corrected(), true, 'and whoever would take one from somebody asks first');
    assert.equal(clock.nowMs(), T + 480 * MINUTE_MS);
  });

  it('says that it is in doubt for as long as the database is away', async () => {
    const machine = new Machine(0);
    const clock = await followed(machine);
    machine.isAway = true;
    machine.set(3 * MINUTE_MS);
    await assert.rejects(clock.corrected(), /away/);
    clock.nowMs();
    await settled();
    machine.isAway = false;
    assert.equal(await clock.corrected(), true);
    assert.equal(clock.nowMs(), T);
  });

  it('believes the quickest of three answers, where the first was slow', async () => {
    const machine = new Machine(0);
    machine.takesMs = [
      [900, 0],
      [30, 10],
      [60, 0],
    ];
    const clock = await followed(machine);
    assert.equal(clock.nowMs() - machine.trueMs(), 0, 'a difference that asking explains is none');
    machine.takesMs = [
      [900, 0],
      [300, 0],
      [20, 0],
    ];
    machine.set(MINUTE_MS);
    await clock.corrected();
    assert.ok(Math.abs(clock.nowMs() - machine.trueMs()) <= 10, `${clock.nowMs() - machine.trueMs()} ms`);
  });
});

async function followed(machine: Machine): Promise<SharedClock> {
  const clock = new SharedClock(machine.clock);
  await clock.follow(machine.database);
  return clock;
}

function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A machine with its two clocks, and a database that knows the time. */
class Machine {
  isAway = false;
  questions = 0;
  /** Of the next questions: how long the way there and the way back take. */
  takesMs: [number, number][] = [];
  #aheadMs: number;
  #passedMs = 0;
  #sleptMs = 0;

  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs;
  }

  readonly clock: Clock = {
    nowMs: () => this.trueMs() + this.#aheadMs,
    monotonicMs: () => this.#passedMs,
    sleep: () => Promise.resolve(),
  };

  readonly database: Queryable = {
    get: async () => {
      if (this.isAway) throw new Error('away');
      this.questions += 1;
      const [thereMs, backMs] = this.takesMs.shift() ?? [0, 0];
      this.pass(thereMs);
      const row = { now_ms: this.trueMs() };
      this.pass(backMs);
      return row;
    },
    all: () => Promise.reject(new Error('nobody asks that')),
    run: () => Promise.reject(new Error('nobody asks that')),
  };

  trueMs(): number {
    return T + this.#passedMs + this.#sleptMs;
  }

  pass(ms: number): void {
    this.#passedMs += ms;
  }

  sleep(ms: number): void {
    this.#sleptMs += ms;
  }

  set(byMs: number): void {
    this.#aheadMs += byMs;
  }
}
