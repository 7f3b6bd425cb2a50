import type { Distribution } from './books/window.ts';
import type { Report } from './report.ts';

/** A report for people. */
export function showReport(report: Report): string {
  const { reads, window } = report;
  const lines: [string, string][] = [
    [
      'renewals',
      `${report.renewals} at the provider, ${report.renewalsStored} stored, ${report.connections} connections`,
    ],
    ['done', counts(report.faults)],
    ['answers struck', counts(report.answersStruck)],
    ...(report.store === 'postgres' ? [databaseLine(report)] : [diskLine(report)]),
    [
      'through the spool',
      `${report.throughTheSpool} answers, of which ${report.carriedOver} came to the store from there; ${report.tornSpoolFiles} torn files`,
    ],
    ['answers lost', counts(report.lostByCause)],
    [
      'connections ended',
      `${counts(report.connectionsEnded)}; revoked ${report.revoked}; consented again: ${report.consentsAgain}`,
    ],
    ['grants ended there', counts(report.grantsEnded)],
    ['presented twice', `${report.presentedTwice} times, each for a reason that the store has`],
    ['still uncertain', `${report.stillWaitingForReplay}, whose replay went unanswered too`],
    ['app held', `released by the operator ${report.appReleasedByOperator} times`],
    ...postLines(report),
    [
      'readers',
      `${reads.served} served; refused: ${counts(reads.refused)}; ${reads.unreached} met nobody; wait ${span(reads.wait)}`,
    ],
    ['commands', counts(report.commands)],
    ['commit to commit', `calm ${span(window.calm)}`],
    ['', `all ${span(window.all)}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const zeros = Object.entries(report.violations).map(
    ([what, count]) => `${count === 0 ? '  ok ' : '  BAD'} ${count} ${what}`,
  );
  return [
    `torture, ${report.provider} on ${report.store}, seed ${report.seed}: ${report.isGood ? 'the books balance' : 'THE BOOKS DO NOT BALANCE'}`,
    ...lines.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`),
    'must be zero:',
    ...zeros,
    ...report.stories.map((story) => `\n${story}`),
  ].join('\n');
}

function diskLine({ disk, refusedWrites }: Report): [string, string] {
  const text =
    disk === 'folder'
      ? 'never filled: this machine lets nobody mount one'
      : `${disk}; ${refusedWrites} writes refused while it was full`;
  return ['disk', text];
}

function databaseLine({ awayMs, handedOver: { nodes, answers, stored } }: Report): [string, string] {
  return [
    'database',
    `away for ${Math.round(awayMs / 1000)} s of all nodes together; ${nodes} nodes given up with ${answers} answers in their spools, ${stored} of them stored`,
  ];
}

function postLines({ posts }: Report): [string, string][] {
  if (posts === undefined) return [];
  return [
    ['posts', counts(posts.byStatus)],
    ['posts failed', counts(posts.failedFor)],
    ['posts to decide', `${counts(posts.undecided)}; still searched ${posts.searched}`],
    ['posts waiting', counts(posts.waiting)],
  ];
}

function counts(of: Readonly<Record<string, number>>): string {
  const entries = Object.entries(of).toSorted(([, one], [, other]) => other - one);
  return entries.length === 0 ? 'none' : entries.map(([what, count]) => `${what} ${count}`).join(', ');
}

function span(of: Distribution | undefined): string {
  if (of === undefined) return 'not measured';
  return `min ${of.min} ms, median ${of.median} ms, p99 ${of.p99} ms, max ${of.max} ms (${of.count})`;
}
