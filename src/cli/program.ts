import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import type { Cli } from './cli.ts';
import { LANGUAGES } from './language.ts';
import { textWidth } from './text-width.ts';
import { version } from './version.ts';

/** The program before its commands; they inherit how it speaks and how it fails. */
export function createProgram(cli: Cli): Command {
  const { program: texts } = cli.texts;
  return (
    new Command('kippu')
      .description(texts.description)
      .usage(texts.usage)
      .version(version(), '--version', texts.version)
      .helpOption('-h, --help', texts.help)
      .helpCommand('help [command]', texts.helpCommand)
      .option('--lang <language>', texts.lang, checkLanguage)
      .addHelpText('after', `\n${texts.exitCodes}`)
      .showSuggestionAfterError(true)
      // What goes wrong is thrown, and said in one place.
      .exitOverride()
      .configureOutput({ outputError: () => undefined })
      .configureHelp({
        helpWidth: Math.min(process.stdout.columns || 100, 100),
        displayWidth: textWidth,
        styleTitle: (title) => cli.style.bold(cli.texts.program.titles[title] ?? title),
      })
  );
}

/** What it says was read before; here it is only checked. */
function checkLanguage(text: string): string {
  if (LANGUAGES.some((language) => language === text)) return text;
  throw new InvalidArgumentError(`Choose ${LANGUAGES.join(' or ')}.`);
}
