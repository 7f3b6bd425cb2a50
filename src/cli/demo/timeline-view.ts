import { timelineOf as entriesOf } from '../../app/timeline.ts';
import { connectionJson } from '../../server/bodies/connection.ts';
import { timelineJson } from '../../server/bodies/timeline.ts';
import type { Cli } from '../cli.ts';
import { drawTimeline } from '../timeline/drawing.ts';
import { timelineOf, type Reading } from '../timeline/reading.ts';
import type { DemoWorld } from './demo-world.ts';

const NAME = 'x:alice';
const ZONE = 'Asia/Tokyo';

/** Alice's timeline as `kippu show` draws it, read from the store each time. */
export class TimelineView {
  readonly #world: DemoWorld;
  readonly #cli: Cli;
  readonly #columns: number;
  /** What was last read: a Kippu that does not run cannot be asked. */
  #last: Reading | undefined;

  constructor(world: DemoWorld, cli: Cli, columns: number) {
    this.#world = world;
    this.#cli = cli;
    this.#columns = columns;
  }

  /** As of now, or of a moment on the way there. Nothing before the consent. */
  async lines(atMs: number = this.#world.clock.nowMs()): Promise<readonly string[]> {
    await this.#read();
    if (this.#last === undefined) return [];
    const timeline = timelineOf({ ...this.#last, nowMs: atMs });
    const { style, texts } = this.#cli;
    return drawTimeline(timeline, { columns: this.#columns, zone: ZONE, style, texts: texts.drawing }).split('\n');
  }

  async #read(): Promise<void> {
    if (!this.#world.isKippuRunning) return;
    const { app, clock } = this.#world;
    const connection = await app.store.connections.find(NAME);
    if (connection === undefined) return;
    const { items } = timelineJson(await entriesOf(NAME, app));
    this.#last = { connection: connectionJson(connection), entries: items, nowMs: clock.nowMs() };
  }
}
