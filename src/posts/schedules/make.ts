import type { Connection } from '../../model/connection.ts';
import { KippuError } from '../../model/errors.ts';
import { contentOf } from '../draft-content.ts';
import type { Network } from '../networks/network.ts';
import { knownText, RECENT_TEXTS_MAX } from './known-text.ts';
import type { SchedulePorts } from './ports.ts';
import { settle } from './settle.ts';
import { settledAsFailed, settledAsPost, type Occasion } from './settlement.ts';

/** Makes the post of an occurrence whose text needs nobody else. */
export async function makeKnown(occasion: Occasion, ports: SchedulePorts): Promise<void> {
  const { schedule, making } = occasion;
  const { task, connectionId, timezone, made } = schedule;
  if (task.kind !== 'post') return;
  const query = { connectionId, untilMs: making.publishAtMs, limit: RECENT_TEXTS_MAX };
  const recent = task.text.kind === 'list' ? await ports.schedules.recentTexts(query) : [];
  const text = knownText(task.text, { atMs: making.atMs, timezone, n: made + 1 }, recent) ?? '';
  await settleText(occasion, { text, madeWithAi: task.madeWithAi }, ports);
}

export interface Text {
  readonly text: string;
  readonly madeWithAi: boolean;
}

/** A text that cannot be published is kept as a draft, so that a person can shorten and publish it. */
export async function settleText(occasion: Occasion, text: Text, ports: SchedulePorts): Promise<void> {
  const { schedule } = occasion;
  const target = await findNetwork(occasion, ports);
  if (typeof target === 'string') {
    return settle(schedule, settledAsFailed(occasion, { detail: target, draft: undefined }, ports), ports);
  }
  const content = contentOf(text);
  const made = { content, check: target.network.check(content) };
  const error = made.check.problems.find(({ severity }) => severity === 'error');
  const settlement =
    error === undefined
      ? settledAsPost(occasion, made, ports)
      : settledAsFailed(occasion, { detail: error.message, draft: made }, ports);
  await settle(schedule, settlement, ports);
}

/** Where it goes, or what stands in the way. */
export async function findNetwork(
  { schedule }: Occasion,
  { connections, networks }: SchedulePorts,
): Promise<{ readonly connection: Connection; readonly network: Network } | string> {
  const connection = await connections.find(schedule.connectionId);
  if (connection === undefined) throw new KippuError('internal', `${schedule.id} belongs to no connection.`);
  const network = networks.get(connection.provider);
  return network === undefined ? `posts cannot go to ${connection.provider}` : { connection, network };
}
