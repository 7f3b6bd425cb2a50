import * as z from 'zod';

/** What the description of the API says of a schema beyond its form; kept here and not in zod's own, shared registry. */
export interface SchemaFacts {
  /** A name: the schema is described once, under it. */
  readonly id?: string;
  readonly description?: string;
  readonly format?: string;
  readonly examples?: readonly unknown[];
}

export const SCHEMA_FACTS = z.registry<SchemaFacts>();

export function described<S extends z.ZodType>(schema: S, facts: SchemaFacts | string): S {
  SCHEMA_FACTS.add(schema, typeof facts === 'string' ? { description: facts } : facts);
  return schema;
}

/** An instant in an answer. */
export const instant = described(z.string(), { format: 'date-time', examples: ['2026-11-21T09:00:00.000Z'] });

export function instantOf(ms: number): string {
  return new Date(ms).toISOString();
}

export function instantOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : instantOf(ms);
}

/** An instant in a request. */
export const instantInput = described(
  z.string().transform((text, context) => {
    const ms = /^\d{4}-\d{2}-\d{2}([T ]|$)/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isFinite(ms)) return ms;
    context.addIssue({ code: 'custom', message: `"${text}" is no instant; write it as in 2026-11-21T09:00:00Z` });
    return z.NEVER;
  }),
  { format: 'date-time', examples: ['2026-11-21T09:00:00Z'] },
);

const TRUE_WORDS = ['true', '1'];

/** A switch in a query. */
export const flag = z.enum(['true', 'false', '1', '0']).transform((text) => TRUE_WORDS.includes(text));

const PAGE_ITEMS_DEFAULT = 50;
export const PAGE_ITEMS_MAX = 200;

/** What every list takes. */
export const pageQuery = {
  limit: described(
    z.coerce.number().int().min(1).max(PAGE_ITEMS_MAX).default(PAGE_ITEMS_DEFAULT),
    'How many items at most.',
  ),
  cursor: described(z.string().max(200).optional(), 'Where the page before ended: its `next_cursor`.'),
};

type PageSchema<S extends z.ZodType> = z.ZodObject<
  { items: z.ZodArray<S>; next_cursor: z.ZodNullable<z.ZodString> },
  z.core.$strict
>;

/** A page of a list. */
export function pageOf<S extends z.ZodType>(item: S): PageSchema<S> {
  return z.strictObject({
    items: z.array(item),
    next_cursor: described(z.string().nullable(), 'Give it as `cursor` for the next page; `null` on the last one.'),
  });
}
