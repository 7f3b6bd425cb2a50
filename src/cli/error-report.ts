import { CommanderError } from 'commander';
import { KippuError } from '../model/errors.ts';
import { notInstalled } from '../model/installed-part.ts';
import type { Cli } from './cli.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';
import { Interrupted } from './interrupt.ts';
import { printable } from './printable.ts';
import type { Misuse } from './texts/misuse.ts';
import { spanText } from './times.ts';

/** Says on stderr what went wrong and what to do, and gives the exit code that says the same to a script. */
export function reportError(error: unknown, command: string | undefined, cli: Cli): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof CommanderError) return reportMisuse(error, command, cli);
  if (error instanceof KippuError) return reportFailure(error, cli);
  const missing = notInstalled(error, command === undefined ? 'kippu' : `kippu ${command}`);
  if (missing !== undefined) return reportFailure(missing, cli);
  const facts = error instanceof Error ? (error.stack ?? error.message) : String(error);
  cli.say(`kippu: ${cli.texts.errors.defect}\n${facts}`);
  return EXIT.failed;
}

function reportFailure(error: KippuError, cli: Cli): number {
  const { frame, advice } = cli.texts.errors;
  const heading = frame(error.code);
  const lines = [heading === undefined ? printable(error.message) : `${heading}\n  ${printable(error.message)}`];
  const hint = advice[error.code];
  if (hint !== undefined) lines.push(`  ${hint}`);
  if (error.connectUrl !== undefined) lines.push(`  ${cli.texts.errors.consentAt(error.connectUrl)}`);
  if (error.retryAfterMs !== undefined && error.retryAfterMs > 0) {
    lines.push(`  ${cli.texts.errors.tryAgainIn(spanText(error.retryAfterMs, cli.texts.spanUnits))}`);
  }
  cli.say(`${cli.talkStyle.bad('kippu:')} ${lines.join('\n')}`);
  return exitCodeOf(error.code);
}

/** Help and version are no misuse, and have been printed. */
function reportMisuse(error: CommanderError, command: string | undefined, cli: Cli): number {
  if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return EXIT.done;
  if (error.code === 'commander.help') return EXIT.misused;
  const what = cli.texts.errors.misuse(misuseOf(error));
  const help = command === undefined ? 'kippu --help' : `kippu ${command} --help`;
  cli.say(`${cli.talkStyle.bad('kippu:')} ${what}\n  ${cli.texts.errors.seeHelp(help)}`);
  return EXIT.misused;
}

/** What commander says, taken apart: its own words are English. */
function misuseOf({ code, message }: CommanderError): Misuse {
  const said = message.replace(/^error: /, '');
  const quoted = [...said.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? '');
  const [, suggestion] = /\(Did you mean (.*)\?\)/s.exec(said) ?? [];
  const [, remark] = / is invalid(?: for argument '[^']*')?\. (.*)/s.exec(said) ?? [];
  // Of an argument the value is named first, of an option its name.
  return { code, said, quoted: said.startsWith('command-argument') ? quoted.reverse() : quoted, suggestion, remark };
}
