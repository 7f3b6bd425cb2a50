import process from 'node:process';
import { Option, type Command } from 'commander';
import { systemClock } from '../../app/ports/system-clock.ts';
import type { Cli } from '../cli.ts';
import type { DemoWorld } from '../demo/demo-world.ts';
import type { Pause } from '../demo/stages.ts';
import type { Stage } from '../demo/teller.ts';
import { EXIT } from '../exit-code.ts';
import { interruptible } from '../interrupt.ts';
import { wrapTo } from '../text-width.ts';

interface DemoFlags {
  readonly fast?: boolean;
  readonly json?: boolean;
  readonly renewAndDie?: boolean;
}

export function registerDemo(program: Command, cli: Cli): void {
  const texts = cli.texts.demo;
  program
    .command('demo')
    .helpGroup(cli.texts.program.groups.start)
    .description(texts.description)
    .option('--fast', texts.fast)
    .option('--json', texts.json)
    .addOption(new Option('--renew-and-die').hideHelp())
    .action((flags: DemoFlags) => demo(flags, cli));
}

const ROWS_MIN = 18;
const COLUMNS = { min: 40, max: 100, unknown: 80 };

/** The story, as it happens. Exit code 1: something was not as told. */
async function demo(flags: DemoFlags, cli: Cli): Promise<void> {
  // The demo's own child, that it kills.
  if (flags.renewAndDie === true) return (await import('../demo/doomed.ts')).renewAndDie(cli);
  const [{ playDemo }, { realIngredients }, stages] = await Promise.all([
    import('../demo/play.ts'),
    import('../demo/ingredients.ts'),
    import('../demo/stages.ts'),
  ]);
  const texts = cli.texts.demo;
  const columns = Math.min(COLUMNS.max, Math.max(COLUMNS.min, process.stdout.columns || COLUMNS.unknown));
  const isPaced = process.stdout.isTTY && flags.fast !== true && flags.json !== true;
  // The picture is taken away and drawn anew: it must fit on the screen with some of the story above it.
  const isLive = isPaced && process.env['TERM'] !== 'dumb' && process.stdout.rows >= ROWS_MIN;
  if (flags.json !== true) cli.print([cli.style.bold(texts.title), ...wrapTo(texts.introduction, columns)].join('\n'));
  const ingredients = await realIngredients(await cli.outsideWorld());
  const isTrue = await interruptible((interrupted) => {
    const pause = isPaced ? pausing(interrupted) : hurrying(interrupted);
    const stageFor = (world: DemoWorld): Stage => {
      const options = { cli, world, columns, pause };
      if (flags.json === true) return new stages.JsonStage(options);
      return isLive ? new stages.LiveStage(options) : new stages.PlainStage(options);
    };
    return playDemo({ ingredients, stageFor, interrupted });
  });
  if (!isTrue) cli.exitCode = EXIT.failed;
  else if (flags.json !== true) cli.print(wrapTo(texts.next, columns).join('\n'));
}

function pausing(interrupted: AbortSignal): Pause {
  return async (ms) => {
    interrupted.throwIfAborted();
    if (ms > 0) await systemClock.sleep(ms, interrupted);
    interrupted.throwIfAborted();
  };
}

function hurrying(interrupted: AbortSignal): Pause {
  return () => {
    interrupted.throwIfAborted();
    return Promise.resolve();
  };
}
