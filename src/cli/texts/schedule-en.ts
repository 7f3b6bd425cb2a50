type Words = Readonly<Record<string, string>>;

export const SCHEDULE_EN = {
  commands: {
    schedule: 'posts and measurements that come again and again',
    add: 'make a schedule',
    list: 'list the schedules',
    show: 'show a schedule, its next runs, and what became of the last ones',
    preview: 'show the next runs of a schedule, or of a rule that is not saved (--cron)',
    pause: 'stop it until it is resumed; what it has not sent yet is taken back',
    resume: 'let a paused schedule go on',
    remove: 'end it; posts that it has made stay, what it has not sent yet is cancelled',
  },
  argument: 'id of the schedule (sch_...)',
  options: {
    cron: 'when: minute hour day month weekday, as in "0 9 * * 1-5"',
    tz: "time zone of --cron, as in Asia/Tokyo (default: this machine's)",
    text: 'the same text each time',
    list: 'file with texts, used one after the other; - reads stdin',
    template: 'a text with {date} {time} {weekday} {year} {month} {day} {n} and your own --var',
    variable: 'a variable of the template, as in name=Ann (may be repeated)',
    compose: 'a program, or a URL (https://...), that is asked for the text when it is due',
    collect: 'measure instead of posting: followers',
    missed: 'times at which nothing was running: skip them (default), or make up for the last one once',
    latestAfter: 'how late a run may be, in seconds (default: 3600)',
    approval: 'each post waits for your approval',
    madeWithAi: 'label the posts as made with AI',
    connection: 'only of this connection',
    count: 'how many runs',
  },
  countRemark: 'Give a number from 1 to 100.',
  variableRemark: 'Give a name and a value, as in name=Ann.',
  help:
    'The file of --list has one text a line. With a blank line between texts, a text reaches from blank line to blank line and may\n' +
    'have several lines.\n' +
    'A program of --compose runs on the machine of the server.',
  oneSource: 'Give one of --text, --list, --template, --compose, --collect.',
  idOrRule: 'Give either the id of a schedule or --cron "0 9 * * *".',
  zoneIsLocal: (zone: string): string =>
    `The rule is read on the clocks of ${zone}, this machine's zone; --tz names another.`,
  read: (count: number, isInBlocks: boolean): string =>
    isInBlocks ? `${count} texts were read, from blank line to blank line.` : `${count} texts were read, one a line.`,
  noServer:
    'No Kippu server is running here. Whichever Kippu works with this database keeps the schedule, a worker without a server too. If none does: kippu up',
  none: 'There are no schedules. Make one with: kippu schedule add x:alice --cron "0 9 * * *" --list texts.txt',
  removed: (id: string): string => `Removed: ${id}. The posts that it has made stay.`,
  fields: {
    id: 'id',
    connection: 'connection',
    rule: 'rule',
    does: 'does',
    state: 'state',
    missed: 'missed runs',
    latestAfter: 'may be late by',
    approval: 'approval',
    madeWithAi: 'label',
    made: 'posts made',
    next: 'next run',
  },
  headings: { id: 'ID', connection: 'CONNECTION', rule: 'RULE', next: 'NEXT RUN', source: 'DOES', state: 'STATE' },
  sources: {
    text: (text: string): string => `text: ${text}`,
    list: (count: number): string => `list of ${count}`,
    template: (template: string): string => `template: ${template}`,
    command: 'asks a program',
    url: 'asks a URL',
    function: 'asks a function of your program',
    collect: (measure: string): string => `measures ${measure}`,
  },
  measures: { followers: 'followers' } as Words,
  states: { active: 'active', paused: 'paused', over: 'over: the rule names no time any more' },
  failing: (count: number): string => `${count} failed tries`,
  missed: { skip: 'not made up for', once: 'the last one is made up for once' } as Words,
  approvalNeeded: 'each post waits for it',
  labelled: 'made with AI',
  nextRuns: 'Next runs',
  lastRuns: 'Last runs',
  noRun: 'The rule names no time any more.',
  notKnownBefore: '(written when it is due)',
  notes: {
    moved_forward: 'the clocks skip this time: later by as much',
    first_of_two: 'the clocks show it twice: the first',
    second_of_two: 'the clocks show it twice: the second',
  } as Words,
  outcomes: {
    post: 'post made',
    collected: 'measured',
    missed: 'missed',
    skipped: 'skipped',
    failed: 'failed',
  } as Words,
  /** Short words for the list. */
  obstacles: {
    same_text: 'same text each time',
    link_costs_more: 'a link costs more',
    text_not_publishable: 'text not publishable',
    reauth_required: 'consent needed',
    revoked: 'revoked',
    ends_before_next_run: 'consent ends before',
  } as Words,
  /** Whole sentences where the server's own are not in this language. */
  warnings: {} as Words,
  note: 'note',
};

/** The other languages have this form. */
export type ScheduleTexts = typeof SCHEDULE_EN;
