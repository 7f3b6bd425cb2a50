import type { ComposeCall } from 'kippu';

/**
 * Writes the morning's text: put your own here, a forecast or a model, say. It has a minute. What it throws is tried
 * again, so it must publish nothing itself. `recentTexts` is what is out already: X takes no text twice.
 */
export async function morningText({ n, localTime, recentTexts }: ComposeCall): Promise<string> {
  const day = new Intl.DateTimeFormat('en', { weekday: 'long', timeZone: 'UTC' }).format(new Date(`${localTime}Z`));
  const text = `Good morning! It is ${day}, and this is post number ${n}.`;
  return recentTexts.includes(text) ? `${text} (${localTime.slice(0, 10)})` : text;
}
