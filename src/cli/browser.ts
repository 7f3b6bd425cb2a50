import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';

type Environment = Readonly<Record<string, string | undefined>>;

/** Opens an address in the user's browser. `false`: there is none here, or it does not start. */
export function openBrowser(url: string, environment: Environment): Promise<boolean> {
  const command = commandFor(url, environment);
  if (command === undefined) return Promise.resolve(false);
  const [program, args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      // Its end is not waited for: some openers live as long as the browser.
      child.unref();
      resolve(true);
    });
  });
}

function commandFor(url: string, environment: Environment): readonly [string, readonly string[]] | undefined {
  if (process.platform === 'darwin') return ['open', [url]];
  // Not `start`: the command interpreter would read the & in an address as its own.
  if (process.platform === 'win32') return ['rundll32', ['url.dll,FileProtocolHandler', url]];
  const hasScreen = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== '';
  const opener = ['wslview', 'xdg-open'].find((name) => isOnPath(name, environment));
  return opener === undefined || (opener === 'xdg-open' && !hasScreen) ? undefined : [opener, [url]];
}

function isOnPath(name: string, environment: Environment): boolean {
  return (environment['PATH'] ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)));
}
