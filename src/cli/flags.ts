import { InvalidArgumentError } from 'commander';

/** Whole seconds, 0 or more. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds)) return seconds;
  throw new InvalidArgumentError('Give whole seconds, as in 300.');
}

/** For flags that may be given several times, or once with several values after it. */
export function collect(value: string, all: readonly string[] | undefined): readonly string[] {
  return [...(all ?? []), value];
}

/** As {@link collect}, where a value may itself be a list: `--scope tweet.read,users.read`. */
export function collectWords(value: string, all: readonly string[] | undefined): readonly string[] {
  return [...(all ?? []), ...value.split(/[\s,]+/).filter((word) => word !== '')];
}
