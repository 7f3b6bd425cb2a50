export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * The language of what is said, before anything is parsed: `--lang`, else what the environment asks for, in the order
 * of POSIX (`LC_ALL`, `LC_MESSAGES`, `LANG`). Whatever it does not know is English.
 */
export function languageOf(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Language {
  const wanted = flagValue(argv) ?? firstSet([environment['LC_ALL'], environment['LC_MESSAGES'], environment['LANG']]);
  return /^ja(?![a-z])/i.test(wanted ?? '') ? 'ja' : 'en';
}

function flagValue(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((arg) => arg === '--lang' || arg.startsWith('--lang='));
  const found = argv[at];
  return found === '--lang' ? argv[at + 1] : found?.slice('--lang='.length);
}

function firstSet(values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}
