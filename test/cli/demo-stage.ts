import { createLog, openConfigured, SYSTEM } from '../../src/app/system.ts';
import { Cli } from '../../src/cli/cli.ts';
import type { DemoWorld } from '../../src/cli/demo/demo-world.ts';
import type { Ingredients } from '../../src/cli/demo/ingredients.ts';
import { playDemo } from '../../src/cli/demo/play.ts';
import type { StageOptions } from '../../src/cli/demo/stages.ts';
import type { Happening, Stage } from '../../src/cli/demo/teller.ts';
import { en } from '../../src/cli/texts/en.ts';
import { ja } from '../../src/cli/texts/ja.ts';
import type { HttpClient, HttpRequest } from '../../src/model/http.ts';

/** A command line that keeps what it prints. */
export class KeptCli extends Cli {
  printed = '';

  constructor(language: 'en' | 'ja') {
    super({ language, texts: language === 'en' ? en : ja, outside: SYSTEM });
  }

  override print(text: string): void {
    this.printed += `${text}\n`;
  }
}

export const COLUMNS = 80;

export interface Played {
  readonly isTrue: boolean;
  readonly happenings: readonly Happening[];
  readonly directory: string;
  readonly printed: string;
}

/** Plays the demo in this process, on a stage of the given kind, and keeps what happened. */
export async function play({
  language = 'en',
  stage,
  ...broken
}: {
  readonly language?: 'en' | 'ja';
  readonly stage: new (options: StageOptions) => Stage;
} & Partial<Ingredients>): Promise<Played> {
  const cli = new KeptCli(language);
  const happenings: Happening[] = [];
  let directory = '';
  const stageFor = (world: DemoWorld): Stage => {
    directory = world.directory;
    const real = new stage({ cli, world, columns: COLUMNS, pause: () => Promise.resolve() });
    return {
      show: (happening) => {
        happenings.push(happening);
        return real.show(happening);
      },
      timePassed: (fromMs) => real.timePassed(fromMs),
      draw: () => real.draw(),
      close: () => real.close(),
    };
  };
  const log = createLog({ logLevel: 'silent', logFormat: 'json' });
  const ingredients: Ingredients = {
    outside: SYSTEM,
    open: (config, outside) => openConfigured(config, { log, outside }),
    ...broken,
  };
  const isTrue = await playDemo({ ingredients, stageFor, interrupted: new AbortController().signal });
  return { isTrue, happenings, directory, printed: cli.printed };
}

/** The network, and every secret that went over it. */
export class SecretsSeen implements HttpClient {
  readonly secrets = new Set<string>();
  readonly #http: HttpClient;

  constructor(http: HttpClient) {
    this.#http = http;
  }

  async send(...[request, watch]: Parameters<HttpClient['send']>): ReturnType<HttpClient['send']> {
    this.#noteRequest(request);
    const answer = await this.#http.send(request, watch);
    if (answer.kind === 'answered') {
      const text = Buffer.from(answer.body).toString('utf8');
      for (const [, secret = ''] of text.matchAll(/"(?:access|refresh)_token":"([^"]+)"/g)) this.secrets.add(secret);
    }
    return answer;
  }

  #noteRequest({ body, headers }: HttpRequest): void {
    const bearer = /^Bearer (.+)$/.exec(headers['authorization'] ?? '')?.[1];
    if (bearer !== undefined) this.secrets.add(bearer);
    if (typeof body !== 'string' || body.startsWith('{')) return;
    const form = new URLSearchParams(body);
    for (const name of ['code', 'code_verifier', 'refresh_token', 'token']) {
      const secret = form.get(name);
      if (secret !== null) this.secrets.add(secret);
    }
  }
}

/** What a terminal shows in the end, of the few control sequences that the live stage uses. */
export function screenAfter(printed: string): readonly string[] {
  const rows: string[] = [''];
  // eslint-disable-next-line no-control-regex -- it is about control sequences
  for (const [token, up, text] of printed.matchAll(/\u001b\[(\d+)F\u001b\[0J|([^\u001b\n]+)|\n/g)) {
    if (up !== undefined) rows.splice(rows.length - 1 - Number(up), Number(up) + 1, '');
    else if (text !== undefined) rows.push((rows.pop() ?? '') + text);
    else if (token === '\n') rows.push('');
  }
  return rows;
}
