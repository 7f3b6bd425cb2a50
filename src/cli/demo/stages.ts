import { MINUTE_MS } from '../../model/clock.ts';
import type { Cli } from '../cli.ts';
import type { DemoWorld } from './demo-world.ts';
import type { Happening, Stage } from './teller.ts';
import { TimelineView } from './timeline-view.ts';
import { clockLine, clockTextOf, linesOf, sentenceOf, type WordingOptions } from './wording.ts';

/** How long a reader needs, milliseconds. */
const PAUSES_MS: Readonly<Record<Happening['kind'], number>> = { scene: 0, line: 240, fact: 130, broke: 0, end: 0 };
const SCENE_PAUSE_MS = 250;
const FRAMES = 8;
const FRAME_MS = 28;
/** What is shorter is not worth a moving picture. */
const SPAN_SHOWN_MS = MINUTE_MS;

/** Waits in real time. Throws what the reader's Ctrl-C is, also where there is nothing to wait for. */
export type Pause = (ms: number) => Promise<void>;

export interface StageOptions {
  readonly cli: Cli;
  readonly world: DemoWorld;
  readonly columns: number;
  readonly pause: Pause;
}

/** Line after line, and the timeline at the end of some scenes: for a pipe, and for whoever cannot wait. */
export class PlainStage implements Stage {
  readonly #options: StageOptions;
  readonly #wording: WordingOptions;
  readonly #view: TimelineView;
  #title = '';
  #clockShown = '';

  constructor(options: StageOptions) {
    const { cli, world, columns } = options;
    this.#options = options;
    this.#wording = { texts: cli.texts.demo, style: cli.style, columns };
    this.#view = new TimelineView(world, cli, columns);
  }

  async show(happening: Happening): Promise<void> {
    await this.#options.pause(0);
    if (happening.kind === 'scene') this.#title = sentenceOf(happening, this.#wording.texts);
    const clock = this.#clockLines(happening);
    const lines = [...clock, ...linesOf(happening, this.#wording)];
    if (lines.length > 0) await this.write(lines);
    await this.#options.pause(PAUSES_MS[happening.kind] + (clock.length > 1 ? SCENE_PAUSE_MS : 0));
  }

  timePassed(_fromMs: number): Promise<void> {
    return this.#options.pause(0);
  }

  async draw(): Promise<void> {
    await this.write(['', ...(await this.view.lines())]);
  }

  close(): void {
    // Nothing is kept open.
  }

  protected get view(): TimelineView {
    return this.#view;
  }

  protected get options(): StageOptions {
    return this.#options;
  }

  protected write(lines: readonly string[]): Promise<void> {
    this.#options.cli.print(lines.join('\n'));
    return Promise.resolve();
  }

  /** Whenever the clock has moved, it is shown; the title with the first thing that happens in a scene. */
  #clockLines(happening: Happening): readonly string[] {
    if (happening.kind !== 'line' && happening.kind !== 'fact') return [];
    const { storyMs } = this.#options.world;
    const clock = clockTextOf(storyMs, this.#wording.texts);
    const title = this.#title;
    if (title === '' && clock === this.#clockShown) return [];
    this.#title = '';
    this.#clockShown = clock;
    const line = clockLine(storyMs, title, this.#wording);
    return title === '' ? [line] : ['', line];
  }
}

/** A terminal: the story runs above, and below it stands the timeline, drawn anew with whatever happens. */
export class LiveStage extends PlainStage {
  #rows = 0;
  #isOver = false;

  override async timePassed(fromMs: number): Promise<void> {
    await this.options.pause(0);
    const toMs = this.options.world.clock.nowMs();
    if (toMs - fromMs < SPAN_SHOWN_MS) return;
    for (let frame = 1; frame <= FRAMES; frame += 1) {
      this.#put([], await this.view.lines(fromMs + ((toMs - fromMs) * frame) / FRAMES));
      await this.options.pause(FRAME_MS);
    }
  }

  /** The picture as it is now stays in the story. */
  override async draw(): Promise<void> {
    this.#put([], await this.view.lines());
    this.#rows = 0;
  }

  override close(): void {
    this.#rows = 0;
    this.#isOver = true;
  }

  protected override async write(lines: readonly string[]): Promise<void> {
    this.#put(lines, this.#isOver ? [] : await this.view.lines());
  }

  /** The picture is taken away, lines are added to the story, and the picture is put below them again. */
  #put(story: readonly string[], picture: readonly string[]): void {
    const back = this.#rows === 0 ? '' : `\u001b[${this.#rows}F\u001b[0J`;
    const block = picture.length === 0 ? [] : ['', ...picture];
    if (story.length + block.length > 0) this.options.cli.print(back + [...story, ...block].join('\n'));
    this.#rows = block.length;
  }
}

/** One line of JSON for each happening: for programs. */
export class JsonStage implements Stage {
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  async show(happening: Happening): Promise<void> {
    const { cli, world, pause } = this.#options;
    await pause(0);
    const { storyMs, clock } = world;
    const texts = cli.texts.demo;
    const at = new Date(clock.nowMs()).toISOString();
    const said = sentenceOf(happening, texts);
    cli.print(JSON.stringify({ at, story: clockTextOf(storyMs, texts), ...happening, said }));
  }

  timePassed(): Promise<void> {
    return this.#options.pause(0);
  }

  async draw(): Promise<void> {
    // A program draws its own.
  }

  close(): void {
    // Nothing is kept open.
  }
}
