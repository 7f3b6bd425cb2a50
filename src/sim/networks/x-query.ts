import type { BadParameter } from './x-problems.ts';

export interface QueryRules {
  readonly names: readonly string[];
  readonly resultsMin: number;
  readonly resultsMax: number;
  readonly resultsDefault: number;
}

export interface PageQuery {
  readonly maxResults: number;
  /** Results after this one, in the order of the answer. */
  readonly after: string | undefined;
}

export type ReadQuery =
  { readonly kind: 'good'; readonly page: PageQuery } | { readonly kind: 'bad'; readonly bad: readonly BadParameter[] };

/** Reads the parameters that pages have in common, and refuses those that the call does not have. */
export function readPageQuery(query: URLSearchParams, rules: QueryRules): ReadQuery {
  const bad: BadParameter[] = [];
  for (const [name, value] of query) {
    if (!rules.names.includes(name))
      bad.push({ name, value, message: `The query parameter [${name}] is not one of [id,${rules.names.join(',')}]` });
  }
  for (const name of ['since_id', 'until_id']) {
    const value = query.get(name);
    if (value !== null && !/^[0-9]{1,19}$/.test(value))
      bad.push({ name, value, message: `The \`${name}\` query parameter value [${value}] is not valid` });
  }
  for (const name of ['start_time', 'end_time']) {
    const value = query.get(name);
    if (value !== null && Number.isNaN(Date.parse(value)))
      bad.push({ name, value, message: `The \`${name}\` query parameter value [${value}] is not valid` });
  }
  const { resultsMin, resultsMax, resultsDefault } = rules;
  const results = query.get('max_results') ?? String(resultsDefault);
  const maxResults = /^\d{1,5}$/.test(results) ? Number(results) : -1;
  if (maxResults < resultsMin || maxResults > resultsMax) {
    bad.push({
      name: 'max_results',
      value: results,
      message: `The \`max_results\` query parameter value [${results}] is not between ${resultsMin} and ${resultsMax}`,
    });
  }
  const token = query.get('pagination_token');
  const after = token === null ? undefined : readPageToken(token);
  if (token !== null && after === undefined) {
    bad.push({
      name: 'pagination_token',
      value: token,
      message: `The \`pagination_token\` query parameter value [${token}] is not valid`,
    });
  }
  return bad.length > 0 ? { kind: 'bad', bad } : { kind: 'good', page: { maxResults, after } };
}

/** The comma-separated names of a `…fields` parameter. */
export function fieldsOf(query: URLSearchParams, name: string): ReadonlySet<string> {
  return new Set((query.get(name) ?? '').split(',').filter((field) => field !== ''));
}

export function pageToken(after: string): string {
  return Buffer.from(`after:${after.padStart(20, '0')}`).toString('base64url');
}

function readPageToken(token: string): string | undefined {
  const digits = /^after:0*(\d+)$/.exec(Buffer.from(token, 'base64url').toString('latin1'))?.[1];
  return digits;
}
