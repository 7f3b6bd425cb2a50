const TERMINAL_MS = 250;
const LINES_MS = 2_000;

/**
 * Says what is being done and for how long: one line that is rewritten on a terminal, a new line every two seconds
 * elsewhere. `describe` is asked each time.
 */
export function showProgress(describe, stream = process.stderr) {
  const startedAtMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedAtMs) / 1000);
  const show = () => {
    const line = `kippu: ${describe(seconds())}, ${seconds()} s`;
    stream.write(stream.isTTY ? `\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
  };
  show();
  const timer = setInterval(show, stream.isTTY ? TERMINAL_MS : LINES_MS);
  return {
    seconds,
    stop() {
      clearInterval(timer);
      if (stream.isTTY) stream.write('\r\x1b[K');
    },
  };
}
