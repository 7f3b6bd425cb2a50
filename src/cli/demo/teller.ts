import { isDeepStrictEqual } from 'node:util';
import type { DemoActor, DemoFacts, DemoLines, DemoSceneId } from '../texts/demo-texts.ts';

/** One thing that the demo shows, in the order of the story. */
export type Happening =
  | { readonly kind: 'scene'; readonly scene: DemoSceneId }
  | {
      readonly kind: 'line';
      readonly scene: DemoSceneId;
      readonly actor: DemoActor;
      readonly id: keyof DemoLines;
      readonly facts: object;
    }
  | {
      readonly kind: 'fact';
      readonly scene: DemoSceneId;
      readonly id: keyof DemoFacts;
      readonly expected: object;
      readonly seen: object;
      readonly isTrue: boolean;
    }
  | { readonly kind: 'broke'; readonly scene: DemoSceneId; readonly why: string }
  | { readonly kind: 'end'; readonly checked: number; readonly isTrue: boolean };

/** Where happenings are shown: a terminal, a pipe, lines of JSON. */
export interface Stage {
  /** Resolves when it was there long enough to be read. */
  show(happening: Happening): Promise<void>;
  /** Time has passed in the story. */
  timePassed(fromMs: number): Promise<void>;
  /** A scene is over: the timeline as it is now. */
  draw(): Promise<void>;
  /** The story is over: what follows is said without a picture. */
  close(): void;
}

/** Something is not as the story tells; what was shown last says what. */
export class NotAsTold extends Error {}

/** Tells one scene, and checks it. */
export class Teller {
  readonly #stage: Stage;
  #scene: DemoSceneId = 'consent';
  #checked = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  get scene(): DemoSceneId {
    return this.#scene;
  }

  /** How many facts were checked so far. */
  get checked(): number {
    return this.#checked;
  }

  async begin(scene: DemoSceneId): Promise<void> {
    this.#scene = scene;
    await this.#stage.show({ kind: 'scene', scene });
  }

  say<K extends keyof DemoLines>(actor: DemoActor, id: K, facts: DemoLines[K]): Promise<void> {
    return this.#stage.show({ kind: 'line', scene: this.#scene, actor, id, facts });
  }

  /** Compares what happened with what is told. Throws {@link NotAsTold}, after it was shown. */
  async check<K extends keyof DemoFacts>(id: K, seen: DemoFacts[K], expected: DemoFacts[K]): Promise<void> {
    const isTrue = isDeepStrictEqual(seen, expected);
    this.#checked += 1;
    await this.#stage.show({ kind: 'fact', scene: this.#scene, id, expected, seen, isTrue });
    if (!isTrue) throw new NotAsTold(id);
  }

  draw(): Promise<void> {
    return this.#stage.draw();
  }
}
