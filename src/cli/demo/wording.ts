import type { DemoFacts, DemoLines, DemoTexts } from '../texts/demo-texts.ts';
import type { Style } from '../style.ts';
import { padEnd, textWidth, wrapTo } from '../text-width.ts';
import { printable } from '../printable.ts';
import { storyTimeOf, timeOfDayText } from './demo-clock.ts';
import type { Happening } from './teller.ts';

export interface WordingOptions {
  readonly texts: DemoTexts;
  readonly style: Style;
  readonly columns: number;
}

/** What is said of a happening, in one sentence. */
export function sentenceOf(happening: Happening, texts: DemoTexts): string {
  switch (happening.kind) {
    case 'scene':
      return texts.scenes[happening.scene];
    case 'line':
      return lineText(happening.id, happening.facts, texts);
    case 'fact': {
      const seen = factText(happening.id, happening.seen, texts);
      return happening.isTrue ? seen : texts.untrue(factText(happening.id, happening.expected, texts), seen);
    }
    case 'broke':
      return texts.broke(happening.why);
    case 'end':
      return happening.isTrue ? texts.allTrue(happening.checked) : texts.notTrue;
  }
}

// A happening's facts are those of its id: `Teller` takes them no other way.
function lineText(id: keyof DemoLines, facts: object, texts: DemoTexts): string {
  return (texts.lines[id] as (facts: object) => string)(facts);
}

function factText(id: keyof DemoFacts, facts: object, texts: DemoTexts): string {
  return (texts.facts[id] as (facts: object) => string)(facts);
}

/** `day 0 02:05`. */
export function clockTextOf(storyMs: number, texts: DemoTexts): string {
  return texts.day(storyTimeOf(storyMs).day, timeOfDayText(storyMs));
}

/** A happening as lines of text, the speaker in front; nothing for a scene, whose title stands in the clock line. */
export function linesOf(happening: Happening, options: WordingOptions): readonly string[] {
  const { texts, style } = options;
  const sentence = printable(sentenceOf(happening, texts));
  switch (happening.kind) {
    case 'scene':
      return [];
    case 'line':
      return spoken(texts.actors[happening.actor], sentence, (text) => text, options);
    case 'fact':
      return spoken(texts.checked, sentence, happening.isTrue ? style.good : style.bad, options);
    case 'broke':
      return spoken('', sentence, style.bad, options);
    case 'end':
      return ['', ...wrapTo(sentence, options.columns).map(happening.isTrue ? style.bold : style.bad)];
  }
}

const INDENT = '   ';

function spoken(
  speaker: string,
  sentence: string,
  colour: (text: string) => string,
  { texts, columns }: WordingOptions,
): readonly string[] {
  const nameWidth = Math.max(...[...Object.values(texts.actors), texts.checked].map(textWidth)) + 2;
  const lines = wrapTo(sentence, columns - INDENT.length - nameWidth);
  return lines.map((line, index) => INDENT + padEnd(index === 0 ? speaker : '', nameWidth) + colour(line));
}

/** A line across the page with the clock, and the title where a scene begins. */
export function clockLine(storyMs: number, title: string, { texts, style, columns }: WordingOptions): string {
  const clock = clockTextOf(storyMs, texts);
  const head = title === '' ? `-- ${clock} ` : `-- ${clock} -- ${title} `;
  return style.bold(head) + style.soft('-'.repeat(Math.max(0, columns - 1 - textWidth(head))));
}
