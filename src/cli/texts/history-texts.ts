import type { Finding } from '../../app/doctor/finding.ts';
import type { FindingSpeech, FindingText } from './finding-texts.ts';

type History = Extract<Finding, { kind: 'history' }>;

/** What doctor says of history, in English. */
export function historyEn({ days, rows, rowsMax, lastRound }: History, { instant }: FindingSpeech): FindingText {
  const counted = rows.map((count) =>
    count < rowsMax ? count.toLocaleString('en') : `${rowsMax.toLocaleString('en')} or more`,
  );
  const [attempts, spent, events] = counted;
  const what = `history: ${attempts} attempts, ${spent} fingerprints of spent tokens, ${events} events`;
  if (days === 0) return { what: `${what}; all of it is kept for good` };
  const last =
    lastRound === undefined
      ? 'nothing was forgotten yet'
      : `what was older was forgotten at ${instant(lastRound.endedAtMs)} (${lastRound.forgotten.toLocaleString('en')} rows)`;
  return { what: `${what}; attempts are kept for ${days} days, ${last}` };
}

/** 診断が履歴について述べること。 */
export function historyJa({ days, rows, rowsMax, lastRound }: History, { instant }: FindingSpeech): FindingText {
  const counted = rows.map((count) =>
    count < rowsMax ? `${count.toLocaleString('ja')} 件` : `${rowsMax.toLocaleString('ja')} 件以上`,
  );
  const [attempts, spent, events] = counted;
  const what = `履歴: 更新の試行 ${attempts}、使用済みトークンのフィンガープリント ${spent}、イベント ${events}`;
  if (days === 0) return { what: `${what}(すべて残します)` };
  const last =
    lastRound === undefined
      ? 'まだ何も消していません'
      : `古いものは ${instant(lastRound.endedAtMs)} に消しました(${lastRound.forgotten.toLocaleString('ja')} 件)`;
  return { what: `${what}。試行は ${days} 日間残します。${last}` };
}
