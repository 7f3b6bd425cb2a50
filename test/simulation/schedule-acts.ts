import { assertNever } from '../../src/model/assert-never.ts';
import type { ScheduleId } from '../../src/model/ids.ts';
import type { ScheduleTask } from '../../src/model/schedule.ts';
import { createSchedule, editSchedule, removeSchedule } from '../../src/posts/schedules/change.ts';
import type { Act, NewRuns } from './plan.ts';
import { cronOf } from './schedule-oracle.ts';
import type { Running } from './simulated-node.ts';
import type { World } from './world.ts';

/** Makes a schedule whose runs can be told apart by their texts. */
export async function makeSchedule(
  world: World,
  act: Extract<Act, { kind: 'schedule' }>,
  { schedules }: Running,
): Promise<string> {
  const { everyMinutes, missed, latestAfterMs, user } = act;
  const wish = { connection: user, cron: cronOf(everyMinutes), timezone: 'UTC', missed, latestAfterMs };
  const { id } = await createSchedule({ ...wish, task: taskOf(act, '') }, schedules);
  world.journal.name(id, act.label);
  return 'made';
}

export async function changeSchedule(
  world: World,
  { label, change }: Pick<Extract<Act, { kind: 'change_schedule' }>, 'label' | 'change'>,
  { schedules }: Running,
): Promise<string> {
  const id = scheduleOf(world, label);
  const runs = world.plan.steps.find((step) => step.kind === 'schedule' && step.label === label);
  if (id === undefined || runs?.kind !== 'schedule') return 'there is none';
  switch (change) {
    case 'pause':
    case 'resume':
      await editSchedule(id, { isPaused: change === 'pause' }, schedules);
      return `${change}d`;
    case 'other_text':
      await editSchedule(id, { task: taskOf(runs, ', told otherwise') }, schedules);
      return 'changed';
    case 'remove':
      await removeSchedule(id, schedules);
      return 'removed';
    default:
      return assertNever(change);
  }
}

/** As the store has it: whoever made it may have lost the acknowledgement. */
function scheduleOf(world: World, label: string): ScheduleId | undefined {
  const row = world.store.all('select id, task from schedules').find(({ task }) => {
    const text = String(task);
    return (
      text.includes(`run of ${label} `) || text.includes(`"command":"${label}`) || text.includes(`"kind":"collect"`)
    );
  });
  return row === undefined ? undefined : (String(row['id']) as ScheduleId);
}

/** Those that still make runs. */
export function runningSchedules(world: World): readonly ScheduleId[] {
  return world.store.all('select id from schedules where is_paused = 0').map(({ id }) => String(id) as ScheduleId);
}

function taskOf({ label, makes }: NewRuns, end: string): ScheduleTask {
  switch (makes) {
    case 'known': {
      const template = `run of ${label} at {date}T{time}${end}`;
      return { ...POST, text: { kind: 'template', template, variables: {} } };
    }
    case 'composed':
      return { ...POST, text: { kind: 'command', command: `${label}${end}` } };
    case 'measurements':
      return { kind: 'collect', what: 'followers' };
  }
}

const POST = { kind: 'post', madeWithAi: false, needsApproval: false } as const;
