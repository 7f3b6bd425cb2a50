import { instant } from './books/renewals.ts';
import type { Evidence } from './evidence.ts';

const LINES_MAX = 120;

interface Line {
  readonly atMs: number;
  readonly text: string;
}

/** One connection's life as both sides tell it, with what was done to its processes, in one order. Never a token. */
export function storyOf(handle: string, evidence: Evidence): string {
  const id = evidence.connections.find((connection) => connection.handle === handle)?.id;
  if (id === undefined) return '';
  const own = [...providerLines(handle, evidence), ...storeLines(id, evidence)];
  const pids = new Set(
    evidence.attempts.filter(({ connectionId }) => connectionId === id).map(({ senderPid }) => senderPid),
  );
  const lines = [...own, ...processLines(pids, evidence)].toSorted((one, other) => one.atMs - other.atMs);
  return lines
    .slice(-LINES_MAX)
    .map(({ atMs, text }) => `  ${instant(atMs)}  ${text}`)
    .join('\n');
}

function providerLines(handle: string, { provider }: Evidence): Line[] {
  const isOwn = (one: { readonly handle: string }): boolean => one.handle === handle;
  return [
    ...provider.consents.filter(isOwn).map(({ atMs, grantId }) => ({ atMs, text: `provider  consent, ${grantId}` })),
    ...provider.exchanges.filter(isOwn).map(({ atMs, grantId, fault }) => ({
      atMs,
      text: `provider  exchanged in ${grantId}${faultText(fault)}`,
    })),
    ...provider.ends.filter(isOwn).map(({ atMs, grantId, why }) => ({
      atMs,
      text: `provider  ${grantId} ended: ${why}`,
    })),
    ...provider.reuses.filter(isOwn).map(({ atMs, grantId }) => ({
      atMs,
      text: `provider  refused a spent refresh token of ${grantId} (not before this)`,
    })),
    ...provider.posts.filter(isOwn).map(({ atMs, id, text, fault }) => ({
      atMs,
      text: `provider  post ${id} "${text}"${faultText(fault)}`,
    })),
  ];
}

function faultText(fault: { readonly kind: string; readonly delayMs: number } | undefined): string {
  if (fault === undefined) return '';
  return `, fault: ${fault.kind}${fault.delayMs > 0 ? ` ${fault.delayMs} ms` : ''}`;
}

function storeLines(id: string, { attempts, events, posts, postAttempts }: Evidence): Line[] {
  const own = new Map(posts.filter(({ connectionId }) => connectionId === id).map((post) => [post.id, post]));
  return [
    ...attempts
      .filter(({ connectionId }) => connectionId === id)
      .flatMap((attempt) => [
        { atMs: attempt.startedAtMs, text: `store     ${attempt.id} ${attempt.purpose} by ${attempt.senderPid}` },
        ...(attempt.endedAtMs === null
          ? []
          : [
              {
                atMs: attempt.endedAtMs,
                text: `store     ${attempt.id} ${attempt.outcome ?? ''} ${attempt.error ?? ''}`,
              },
            ]),
      ]),
    ...events
      .filter(({ connectionId, type }) => connectionId === id && type !== 'connection.renewed')
      .map(({ atMs, type, data }) => ({ atMs, text: `event     ${type} ${JSON.stringify(data)}` })),
    ...postAttempts
      .filter(({ postId }) => own.has(postId))
      .flatMap(({ postId, senderPid, startedAtMs, endedAtMs, outcome, detail }) => [
        { atMs: startedAtMs, text: `store     ${postId} "${own.get(postId)?.text ?? ''}" sent by ${senderPid}` },
        ...(endedAtMs === null
          ? []
          : [{ atMs: endedAtMs, text: `store     ${postId} ${outcome ?? ''} ${detail ?? ''}` }]),
      ]),
  ];
}

function processLines(pids: ReadonlySet<number>, { killings, pauses, fullDisk, outages }: Evidence): Line[] {
  return [
    ...outages.flatMap(({ fromMs, toMs, node, how }) => [
      { atMs: fromMs, text: `database  away for ${node ?? 'all'}: ${how}` },
      { atMs: toMs, text: `database  there again for ${node ?? 'all'}` },
    ]),
    ...killings
      .filter(({ pid, name }) => pids.has(pid) || name === 'provider')
      .map(({ atMs, name, pid }) => ({ atMs, text: `process   ${name} (${pid}) killed` })),
    ...pauses
      .filter(({ pid, name }) => pids.has(pid) || name === 'provider')
      .flatMap(({ fromMs, toMs, name, pid }) => [
        { atMs: fromMs, text: `process   ${name} (${pid}) stopped` },
        { atMs: toMs, text: `process   ${name} (${pid}) goes on` },
      ]),
    ...fullDisk.flatMap(({ fromMs, toMs }) => [
      { atMs: fromMs, text: 'disk      full' },
      { atMs: toMs, text: 'disk      has room again' },
    ]),
  ];
}
