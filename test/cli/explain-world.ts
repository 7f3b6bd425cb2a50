import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ListeningPost } from '../canary/listening-post.ts';
import { ScriptedBrowser } from './browser.ts';
import { CLIENT_ID, CliWorld, CONNECT_LINK, type Ended, type Running } from './cli-world.ts';

export const CLIENT_SECRET = 'explained-client-secret-9b1d';

export interface ExplainOptions {
  /** Through a running server, or in the command's own process. */
  readonly server: boolean;
  readonly flags?: readonly string[];
  readonly decision?: 'allow' | 'deny';
  readonly japanese?: boolean;
  readonly clientSecret?: string;
  /** Before the user consents. */
  readonly meanwhile?: (world: CliWorld, session: string) => Promise<void> | void;
}

export interface Explained extends Ended {
  /** Every secret of the flow, with what it is. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Every file that was written, as text. */
  readonly files: string;
}

/** `kippu connect x --explain` against a simulated X that is no sandbox, with somebody listening on the line. */
export async function explain(options: ExplainOptions): Promise<Explained> {
  await using world = await CliWorld.create({ clients: [{ id: CLIENT_ID, secret: CLIENT_SECRET }] });
  await using post = await ListeningPost.before(world.sim.url);
  const env = {
    KIPPU_X_BASE_URL: post.url,
    KIPPU_X_CLIENT_SECRET: options.clientSecret ?? CLIENT_SECRET,
    KIPPU_LATE_ANSWER: '2s',
    ...(options.japanese === true ? { LANG: 'ja_JP.UTF-8' } : {}),
  };
  const server = options.server ? await world.up({ env }) : undefined;
  const connecting = world.start(['connect', 'x', '--no-open', '--explain', ...(options.flags ?? [])], { env });
  const [link] = await connecting.said(CONNECT_LINK);
  await options.meanwhile?.(world, link.slice(link.lastIndexOf('/') + 1));
  const state = await consent(link, world, options.decision ?? 'allow');
  const ended = await connecting.ended;
  const secrets = new Map([...post.secrets, [state, 'the state'], [CLIENT_SECRET, 'the client secret']]);
  const log = (await server?.stop())?.stderr ?? '';
  return { ...ended, secrets, files: log + filesBelow(world.directory) };
}

/** As the user's browser; gives the state that it carried. */
async function consent(link: string, world: CliWorld, decision: 'allow' | 'deny'): Promise<string> {
  const browser = new ScriptedBrowser();
  const page = await browser.open(link);
  await browser.open(world.sim.consent(page.url, { user: 'alice', decision }));
  return new URL(page.url).searchParams.get('state') ?? '';
}

/** The same in the sandbox, where nothing is real. */
export async function explainInSandbox(flags: readonly string[] = []): Promise<Ended & { readonly token: string }> {
  await using world = await CliWorld.withoutProvider();
  const env = { KIPPU_DATABASE_URL: undefined };
  await using server = await world.up({ env });
  const connecting: Running = world.start(['connect', 'x', '--no-open', '--explain', ...flags], { env });
  const [link] = await connecting.said(CONNECT_LINK);
  await new ScriptedBrowser().consent(link);
  const ended = await connecting.ended;
  const token = (await world.run(['token', 'x:alice'], { env })).stdout.trim();
  await server.stop();
  return { ...ended, token };
}

function filesBelow(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

/** In the clear, or in an encoding that anybody undoes. */
export function leaks(text: string, secrets: ReadonlyMap<string, string>): string[] {
  return [...secrets].filter(([secret]) => formsOf(secret).some((form) => text.includes(form))).map(([, kind]) => kind);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    bytes.toString('hex'),
    encodeURIComponent(secret),
  ];
}
