/** A foreign text on one line and without control characters, so that it can stand in a log, a page or a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}\p{Co}\p{Cn}]+/gu, ' ');
}
