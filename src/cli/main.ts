import process from 'node:process';
import type { Outside } from '../app/open.ts';
import { Cli } from './cli.ts';
import { findCommand } from './commands.ts';
import { reportError } from './error-report.ts';
import { languageOf, type Language } from './language.ts';
import { createProgram } from './program.ts';
import type { Texts } from './texts/texts.ts';

/**
 * The command line. Gives the exit code; whoever calls this lets the process end by itself, so that what was written
 * arrives.
 *
 * @param outside Replaces the world, for tests.
 */
export async function main(argv: readonly string[], outside?: Outside): Promise<number> {
  endQuietlyWithTheReader();
  const language = languageOf(argv, process.env);
  const cli = new Cli({ language, texts: await textsOf(language), outside });
  const command = findCommand(argv);
  const cameToNothing = (): void => {
    process.exitCode = reportError(new Error(COME_TO_NOTHING), command.name, cli);
  };
  process.once('beforeExit', cameToNothing);
  try {
    const program = createProgram(cli);
    await command.register(program, cli);
    await program.parseAsync(argv, { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return reportError(error, command.name, cli);
  } finally {
    process.off('beforeExit', cameToNothing);
  }
}

/** Node would say that something in a file of ours is unsettled, and end with a number that nobody knows. */
const COME_TO_NOTHING =
  'The command has not come to an end, and nothing is under way any more that it could be waiting for.';

async function textsOf(language: Language): Promise<Texts> {
  switch (language) {
    case 'en':
      return (await import('./texts/en.ts')).en;
    case 'ja':
      return (await import('./texts/ja.ts')).ja;
  }
}

/** `kippu connections | head -1`: the reader has what it wanted. */
function endQuietlyWithTheReader(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      process.exit(0);
    });
  }
}
