/**
 * The places at which a crash would matter, named. In production nothing happens there; the crash tests kill a real
 * process at each of them, restart it, and look at what is left.
 */
export const FAULT_POINTS = [
  'renewal.claimed',
  'renewal.sent',
  'renewal.answered',
  'settlement.sealed',
  'settlement.written',
  'settlement.committed',
  'spool.written',
  'spool.synced',
  'spool.reapplied',
  'spool.acknowledged',
  'consent.sent',
  'consent.answered',
  'consent.stored',
  'consent.attached',
  'publishing.claimed',
  'publishing.sent',
  'publishing.answered',
  'publishing.committed',
  'notice.planned',
  'notice.taken',
  'notice.sent',
  'notice.settled',
  'schedule.composed',
  'schedule.settled',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

export interface FaultPoints {
  reach(point: FaultPoint): void;
}
