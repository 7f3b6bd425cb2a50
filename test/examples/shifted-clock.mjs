import { readFileSync } from 'node:fs';

/**
 * Loaded before an example (`NODE_OPTIONS=--import`): its calendar is ahead of the machine's by as many milliseconds as the
 * test has written into a file. Timers run as ever.
 */
const { CLOCK_AHEAD_FILE: file = '' } = process.env;
const RealDate = Date;

function nowMs() {
  return RealDate.now() + Number(readFileSync(file, 'utf8'));
}

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(nowMs());
    else super(...given);
  }

  static now() {
    return nowMs();
  }

  // Its own, because Next.js wraps what it finds here and takes along only what a class has itself.
  static parse = RealDate.parse;
  static UTC = RealDate.UTC;
};
