import { existsSync, readdirSync } from 'node:fs';
import process from 'node:process';
import { DemoWorld } from './demo-world.ts';
import type { Ingredients } from './ingredients.ts';
import { Outsider } from './outsider.ts';
import type { Scene } from './scene.ts';
import { consentScene } from './scenes/consent.ts';
import { crashScene } from './scenes/crash.ts';
import { endScene } from './scenes/end.ts';
import { postScene } from './scenes/post.ts';
import { renewalScene } from './scenes/renewal.ts';
import { spentScene } from './scenes/spent.ts';
import { theftScene } from './scenes/theft.ts';
import { unansweredScene } from './scenes/unanswered.ts';
import { warningsScene } from './scenes/warnings.ts';
import { NotAsTold, Teller, type Stage } from './teller.ts';

const STORY: readonly Scene[] = [
  consentScene,
  renewalScene,
  spentScene,
  unansweredScene,
  crashScene,
  theftScene,
  warningsScene,
  endScene,
  postScene,
];

export interface Play {
  readonly ingredients: Ingredients;
  readonly stageFor: (world: DemoWorld) => Stage;
  readonly interrupted: AbortSignal;
}

/**
 * Plays the story, and checks it. `false`: something was not as told, and was shown. Whatever comes, a signal too,
 * nothing is left behind: no process, no folder.
 *
 * Throws what interrupted it.
 */
export async function playDemo({ ingredients, stageFor, interrupted }: Play): Promise<boolean> {
  const world = new DemoWorld(ingredients);
  const stage = stageFor(world);
  world.onTime = (fromMs) => stage.timePassed(fromMs);
  const tell = new Teller(stage);
  const isTold = async (part: () => Promise<void>): Promise<boolean> => {
    try {
      await part();
      return true;
    } catch (error) {
      interrupted.throwIfAborted();
      // What was not as told has been shown; anything else is shown now.
      if (!(error instanceof NotAsTold)) {
        const why = error instanceof Error ? error.message : String(error);
        await stage.show({ kind: 'broke', scene: tell.scene, why });
      }
      return false;
    }
  };
  let isTrue: boolean;
  try {
    isTrue = await isTold(() => playScenes({ world, tell, interrupted }));
  } finally {
    stage.close();
    await world.close();
  }
  const left = { files: filesIn(world.directory), processes: childProcesses() };
  const isClean = await isTold(() => tell.check('leftBehind', left, { files: 0, processes: 0 }));
  isTrue &&= isClean;
  await stage.show({ kind: 'end', checked: tell.checked, isTrue });
  return isTrue;
}

async function playScenes(context: {
  readonly world: DemoWorld;
  readonly tell: Teller;
  readonly interrupted: AbortSignal;
}): Promise<void> {
  const { world, tell, interrupted } = context;
  await world.open();
  const outsider = new Outsider(world.outsiderHttp, world.provider.url);
  for (const scene of STORY) {
    interrupted.throwIfAborted();
    await tell.begin(scene.id);
    await scene.play({ ...context, outsider });
  }
}

/** Of this process: those that Node still waits for. */
function childProcesses(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;
}

function filesIn(directory: string): number {
  return existsSync(directory) ? readdirSync(directory).length : 0;
}
