import process from 'node:process';
import type { Config } from '../app/config.ts';
import type { Outside } from '../app/open.ts';
import type { Settings } from '../app/settings.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Language } from './language.ts';
import { styleFor, type Style } from './style.ts';
import type { Texts } from './texts/texts.ts';
import { instantText, spanText } from './times.ts';

/** Overrides from flags, by the names of the settings: `{ KIPPU_PORT: '5000' }`. */
export type FlagSettings = Readonly<Record<string, string | undefined>>;

export interface CliOptions {
  readonly language: Language;
  readonly texts: Texts;
  /** Absent: the real world. */
  readonly outside: Outside | undefined;
}

/**
 * What every command works with: two streams (data on stdout, talk on stderr), the language, the configuration, and
 * the exit code that the process will have.
 */
export class Cli {
  readonly language: Language;
  readonly texts: Texts;
  /** Absent: the real world. */
  readonly outside: Outside | undefined;
  readonly environment = process.env;
  readonly directory = process.cwd();
  /** For stdout. */
  readonly style: Style = styleFor(process.stdout, process.env);
  /** For stderr. */
  readonly talkStyle: Style = styleFor(process.stderr, process.env);
  exitCode: ExitCode = EXIT.done;

  constructor({ language, texts, outside }: CliOptions) {
    this.language = language;
    this.texts = texts;
    this.outside = outside;
  }

  /** Data: what the next program in the pipe reads. */
  print(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, null, 2));
  }

  /** Talk: for the person who sits there. */
  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }

  async outsideWorld(): Promise<Outside> {
    return this.outside ?? (await import('../app/ports/real-world.ts')).SYSTEM;
  }

  /** How times are said. */
  speech(): { readonly span: (ms: number) => string; readonly instant: (atMs: number) => string } {
    return { span: (ms) => spanText(ms, this.texts.spanUnits), instant: (atMs) => instantText(atMs) };
  }

  nowMs(): number {
    return this.outside?.clock.nowMs() ?? Date.now();
  }

  /** Throws `invalid`. */
  async readSettings(flags: FlagSettings = {}): Promise<Settings> {
    const { readSettings } = await import('../app/read-settings.ts');
    return readSettings({ flags, environment: this.environment, directory: this.directory });
  }

  /** What is in force. Throws `invalid`. */
  async readConfig(flags: FlagSettings = {}): Promise<Config> {
    const [settings, { readConfig }, { simulatorUrl }] = await Promise.all([
      this.readSettings(flags),
      import('../app/config.ts'),
      import('./sandbox.ts'),
    ]);
    return readConfig(settings, {
      directory: this.directory,
      isTerminal: process.stderr.isTTY,
      isProduction: this.environment['NODE_ENV'] === 'production',
      language: this.language,
      simulatorUrl: (provider, home) => simulatorUrl(home, provider) ?? NO_SIMULATOR,
    });
  }
}

/** A sandbox that was never started: nothing listens there. */
const NO_SIMULATOR = 'http://127.0.0.1:1';
