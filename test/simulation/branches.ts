import { Session, type Profiler } from 'node:inspector/promises';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** The files in which every branch is a rule that a history must have met. */
export const RULE_FILES = [
  'src/renewal/renew.ts',
  'src/renewal/decide.ts',
  'src/renewal/resolve.ts',
  'src/renewal/settle.ts',
] as const;

/** Counts, from now on, which parts of the code run. To be called before the product is loaded. */
export async function watchBranches(): Promise<() => Promise<readonly string[]>> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    session.disconnect();
    return RULE_FILES.flatMap((file) => missedIn(file, result));
  };
}

/** The lines, as `file: text`, of which some part never ran. Types are stripped to blanks, so that offsets are the file's own. */
function missedIn(file: string, scripts: readonly Profiler.ScriptCoverage[]): readonly string[] {
  const url = new URL(file, ROOT);
  const script = scripts.find((one) => one.url === url.href);
  if (script === undefined) return [`${file}: was never loaded`];
  const text = readFileSync(fileURLToPath(url), 'utf8');
  const isMissed = new Uint8Array(text.length);
  // Ranges are nested, the outer before the inner.
  for (const { ranges } of script.functions) {
    for (const { startOffset, endOffset, count } of ranges) isMissed.fill(count === 0 ? 1 : 0, startOffset, endOffset);
  }
  const missed: string[] = [];
  let at = 0;
  for (const line of text.split('\n')) {
    const part = [...line]
      .map((char, index) => (isMissed[at + index] === 1 ? char : ''))
      .join('')
      .trim();
    if (/\w/.test(part)) missed.push(`${file}: ${line.trim()}`);
    at += line.length + 1;
  }
  return missed;
}
