import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { InstallFailure, npmFailure } from './failure.mjs';

/** Enough of npm's last words to find out what went wrong. */
const OUTPUT_CHARS_MAX = 20_000;

/** A file that could not be written, on a full disk for example, is only a warning to npm. */
const UNWRITTEN_FILE = /TAR_ENTRY_ERROR/;

const QUIET = ['--no-audit', '--no-fund', '--update-notifier=false', '--loglevel=warn', '--color=false'];
/** npm waits more than a minute before it believes that nobody answers; somebody is sitting in front of this. */
const IMPATIENT = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=5000'];
/** A package may ask for a newer Node than the one that npm runs on: it will run on the project's Node. */
const ENGINES = ['--engine-strict=false'];

/** Runs npm without a word, and fails with one line that says what to do. */
export function npm(args, { cwd, what, signal }) {
  const [command, ...first] = npmCommand();
  const child = spawn(command, [...first, ...args, '--prefer-offline', ...QUIET, ...IMPATIENT, ...ENGINES], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: command.endsWith('.cmd'),
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-OUTPUT_CHARS_MAX));
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  return new Promise((resolve, reject) => {
    child.on('error', (error) => reject(error.code === 'ENOENT' ? npmNotFound() : error));
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) reject(signal.reason);
      else if (code !== 0 || UNWRITTEN_FILE.test(output)) reject(npmFailure(output, what));
      else resolve();
    });
  });
}

/** The npm that runs us, on the Node that runs it; that Node is not the one below `node_modules` that we may replace. */
function npmCommand() {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  if (cli?.endsWith('npm-cli.js') && existsSync(cli)) return [existsSync(node ?? '') ? node : process.execPath, cli];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function npmNotFound() {
  return new InstallFailure('npm was not found: install Node.js together with npm, then try again.');
}
