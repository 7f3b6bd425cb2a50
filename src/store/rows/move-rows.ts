import { KippuError } from '../../model/errors.ts';
import type { ProcessIdentity } from '../../model/processes.ts';
import type { UnderWay } from '../../model/store-move.ts';
import { text, textOrNone, type Row } from './columns.ts';

export function underWayOf(row: Row): UnderWay {
  const sender = textOrNone(row, 'sender');
  return {
    what: text(row, 'what') as UnderWay['what'],
    sender: sender === undefined ? undefined : (JSON.parse(sender) as ProcessIdentity),
  };
}

export function notEmpty(): KippuError {
  return new KippuError(
    'conflict',
    'There is something in the database that the store was to be moved to. Nothing was moved; give one that is empty.',
    { where: '--to' },
  );
}
