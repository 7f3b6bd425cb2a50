import { KippuError } from '../../model/errors.ts';
import type { KippuEvent } from '../../model/event.ts';
import { OPERATOR } from '../api-keys.ts';
import { eventsAfter } from '../events.ts';
import type { App } from '../open.ts';

/** Which events. */
export interface EventQuery {
  /** The `sequence` of the last event that you have. Default 0: from the first one there was. */
  readonly after?: number | undefined;
  /** 1 to 1000. Default 100. */
  readonly limit?: number | undefined;
}

const LIMIT_MAX = 1000;

export async function listEvents({ after = 0, limit = 100 }: EventQuery, app: App): Promise<readonly KippuEvent[]> {
  if (!Number.isInteger(after) || after < 0)
    throw new KippuError('invalid', `"${after}" is not the number of an event.`, { where: 'after' });
  if (!Number.isInteger(limit) || limit < 1 || limit > LIMIT_MAX)
    throw new KippuError('invalid', `Events come in pages of 1 to ${LIMIT_MAX}.`, { where: 'limit' });
  return (await eventsAfter(after, limit, OPERATOR, app)).items;
}
