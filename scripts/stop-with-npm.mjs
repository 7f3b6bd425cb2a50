const LOOK_FOR_PARENT_MS = 500;

/**
 * npm hands SIGTERM to the shell between it and us, and most shells die of it without a word: a supervisor that stops
 * npm would leave the server running. When the shell is gone, we stop in good order.
 */
export function stopWithNpm() {
  if (process.env.npm_lifecycle_event !== 'start') return;
  const shell = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, LOOK_FOR_PARENT_MS);
  timer.unref();
}
