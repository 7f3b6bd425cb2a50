import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const LOOK_EVERY_MS = 100;

/**
 * Makes this process one of another machine: its wall clock is off by the number of milliseconds in a file, which may change
 * at any time as a clock that is set, and the system tells it another boot id. The monotonic clock stays. To be called
 * before anything of Kippu is loaded.
 */
export function actAsMachine(name: string, clockPath: string): void {
  const boot = `torture-${name}\n`;
  const readFileSync = fs.readFileSync;
  fs.readFileSync = ((...args: Parameters<typeof readFileSync>) =>
    args[0] === BOOT_ID ? boot : readFileSync(...args)) as typeof readFileSync;
  syncBuiltinESMExports();

  let aheadMs = readAheadMs(clockPath);
  setInterval(() => {
    aheadMs = readAheadMs(clockPath);
  }, LOOK_EVERY_MS).unref();
  const TrueDate = Date;
  const nowMs = (): number => TrueDate.now() + aheadMs;
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [nowMs()] : args,
        newTarget === globalThis.Date ? target : newTarget,
      ) as object,
    apply: () => new TrueDate(nowMs()).toString(),
    get: (target, key) => (key === 'now' ? nowMs : Reflect.get(target, key)),
  });
}

/** Nobody has set it, or somebody is writing it now: then it is right. */
function readAheadMs(path: string): number {
  try {
    return Number(fs.readFileSync(path, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
