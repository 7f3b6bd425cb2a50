import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { ConsentFailure } from '../../model/consent-store.ts';
import { KippuError } from '../../model/errors.ts';
import { connectionPath } from '../api/client.ts';
import type { ConnectionJson, ConnectProgressJson, NewConnectSessionJson, ProviderJson } from '../api/json.ts';
import { withApi, type ApiContext, type Local, type WithApiOptions } from '../api/with-api.ts';
import { openBrowser } from '../browser.ts';
import type { Cli } from '../cli.ts';
import type { FlowExplainer } from '../explain/flow-explainer.ts';
import { collectWords } from '../flags.ts';
import { listenForCallback } from '../listen-for-callback.ts';
import { printable } from '../printable.ts';
import { DEVICE_TEXTS } from '../texts/device-texts.ts';
import { ENDLESS_TEXTS } from '../texts/endless-texts.ts';
import { EXPLAIN_TEXTS } from '../texts/explain-texts.ts';
import { WITHOUT_USER_TEXTS } from '../texts/without-user-texts.ts';
import { spanText } from '../times.ts';
import { connectDevice } from './connect-device.ts';
import { refuseSandboxAlone, refuseUnconfigured } from './connect-setup.ts';

interface ConnectFlags {
  readonly name?: string;
  readonly scope?: readonly string[];
  readonly open: boolean;
  readonly offline: boolean;
  readonly connection?: string;
  readonly device?: boolean;
  readonly explain?: boolean;
  readonly appOnly?: boolean;
  readonly json?: boolean;
}

export function registerConnect(program: Command, cli: Cli): void {
  const { options } = cli.texts;
  program
    .command('connect')
    .helpGroup(cli.texts.program.groups.connections)
    .description(cli.texts.commands.connect)
    .argument('<provider>', cli.texts.arguments.provider)
    .option('--name <name>', options.name)
    .option('--scope <scope...>', options.scope, collectWords)
    .option('--no-open', options.noOpen)
    .option('--no-offline', options.noOffline)
    .option('--connection <connection>', options.again)
    .option('--device', DEVICE_TEXTS[cli.language].option)
    .option('--app-only', WITHOUT_USER_TEXTS[cli.language].appOnly)
    .option('--explain', EXPLAIN_TEXTS[cli.language].option)
    .option('--json', options.json)
    .action((provider: string, flags: ConnectFlags) => connect(provider, flags, cli));
}

/** Sends the browser to the provider and waits until it is back, whoever serves the callback: a running server or we. */
async function connect(provider: string, flags: ConnectFlags, cli: Cli): Promise<void> {
  if (flags.device === true && flags.explain === true)
    throw new KippuError('invalid', DEVICE_TEXTS[cli.language].notExplained, { where: '--explain' });
  if (flags.appOnly === true) return connectAppOnly(provider, flags, cli);
  const { connection, needs } = await withApi(
    cli,
    async (context) => {
      const { local, config } = context;
      await refuseUnconfigured(provider, context, cli);
      if (flags.device === true) return withNeeds(await connectDevice(provider, flags, context, cli), context, cli);
      const listening = local === undefined ? undefined : await listenForCallback(local, config, cli);
      try {
        return await withNeeds(await consent(provider, flags, context, cli), context, cli);
      } finally {
        await listening?.close();
      }
    },
    alone(provider, cli),
  );
  if (!connection.renewable) cli.say(cli.talkStyle.warn([endOf(connection, cli), ...needs].join('\n')));
  if (flags.json === true) {
    // With --explain the lines of the steps are the data.
    if (flags.explain !== true) cli.printJson(connection);
  } else cli.print(printable(connection.name));
}

function alone(provider: string, cli: Cli): WithApiOptions {
  return { beforeOpening: (config) => refuseSandboxAlone(provider, config, cli) };
}

/** No browser and nobody to wait for: one request, and the app has a token of its own. */
async function connectAppOnly(provider: string, flags: ConnectFlags, cli: Cli): Promise<void> {
  if (flags.device === true || flags.explain === true || !flags.open || !flags.offline)
    throw new KippuError('invalid', WITHOUT_USER_TEXTS[cli.language].appOnlyAlone, { where: '--app-only' });
  const { name, scope: scopes, connection: again, json } = flags;
  const connection = await withApi(
    cli,
    ({ api }) => api.post<ConnectionJson>('/v1/app-connections', { provider, name, scopes, connection: again }),
    alone(provider, cli),
  );
  if (json === true) cli.printJson(connection);
  else cli.print(printable(connection.name));
}

/** What another consent would need to bring a refresh token, where this one has none. */
async function withNeeds(connection: ConnectionJson, { api }: ApiContext, cli: Cli) {
  if (connection.renewable) return { connection, needs: [] };
  const { refreshNeedLines } = await import('../../app/web/refresh-needs.ts');
  const { items } = await api.get<{ readonly items: readonly ProviderJson[] }>('/v1/providers');
  const provider = items.find(({ id }) => id === connection.provider);
  const needs = { needs: provider?.refresh_token_needs, consentsUrl: provider?.consents_url ?? undefined };
  return { connection, needs: refreshNeedLines(needs, cli.language) };
}

/** Without a refresh token: when it ends, if it does. */
function endOf({ access_expires_at: endsAt }: ConnectionJson, cli: Cli): string {
  return endsAt === null ? ENDLESS_TEXTS[cli.language].connected : cli.texts.connect.noRefreshToken;
}

async function consent(provider: string, flags: ConnectFlags, context: ApiContext, cli: Cli): Promise<ConnectionJson> {
  const { connect: texts } = cli.texts;
  const explainer = await explainerFor(provider, flags, context, cli);
  const begun = await context.api.post<NewConnectSessionJson>('/v1/connect-sessions', {
    provider,
    name: flags.name,
    scopes: flags.scope,
    connection: flags.connection,
    offline: flags.offline,
    explain: flags.explain,
  });
  await explainer?.follow(begun.id);
  const isOpened = flags.open && (await openBrowser(begun.url, cli.environment));
  cli.say(isOpened ? texts.opening(begun.url) : texts.open(begun.url));
  cli.say(texts.waiting(spanText(Date.parse(begun.expires_at) - cli.nowMs(), cli.texts.spanUnits)));
  explainer?.gap();
  const id = await connectedBy(begun, explainer, context, cli);
  const connection = await context.api.get<ConnectionJson>(connectionPath(id));
  await explainer?.renewal(begun.id, connection);
  return connection;
}

async function explainerFor(
  provider: string,
  { explain, json }: ConnectFlags,
  { api }: ApiContext,
  cli: Cli,
): Promise<FlowExplainer | undefined> {
  if (explain !== true) return undefined;
  const { FlowExplainer: Explainer } = await import('../explain/flow-explainer.ts');
  return Explainer.of(provider, { api, cli, isJson: json === true });
}

const LOOK_EVERY_MS = 500;
/** For a moment every consent waits for the name of its user; only what stays so is worth a word. */
const PENDING_LOOKS_SAID = 4;

/** Waits until the consent is attached and gives the connection's id. Throws `consent_failed` with the reason in words. */
async function connectedBy(
  { id, expires_at: expiresAt }: NewConnectSessionJson,
  explainer: FlowExplainer | undefined,
  context: ApiContext,
  cli: Cli,
): Promise<string> {
  const { api, interrupted, local } = context;
  let pendingLooks = 0;
  for (;;) {
    const { state, connection, failure, detail } = await api.get<ConnectProgressJson>(`/v1/connect-sessions/${id}`);
    await explainer?.follow(id);
    if (connection !== null) return connection;
    if (state === 'failed') explainer?.stopped();
    if (state === 'failed') throw await consentFailed(failure ?? 'expired', detail, cli);
    // The worker lets it expire, where there is one.
    const isOnItsWay = state === 'begun' || state === 'sent';
    if (isOnItsWay && cli.nowMs() > Date.parse(expiresAt)) throw await consentFailed('expired', null, cli);
    if (state === 'pending') {
      pendingLooks += 1;
      if (pendingLooks === PENDING_LOOKS_SAID) cli.say(cli.texts.connect.pending);
    }
    // Where no server runs, no worker asks again whose account it is.
    if (state === 'pending' && local !== undefined) await askAgain(local);
    await sleep(LOOK_EVERY_MS, undefined, { signal: interrupted });
  }
}

async function consentFailed(failure: ConsentFailure, detail: string | null, cli: Cli): Promise<KippuError> {
  const { failureText } = await import('../../app/web/connect-texts.ts');
  return new KippuError(
    'consent_failed',
    cli.texts.connect.failed(failureText(failure, cli.language), detail ?? undefined),
  );
}

async function askAgain({ app }: Local): Promise<void> {
  const { settlePendingConsents } = await import('../../app/pending-consents.ts');
  await settlePendingConsents(app);
}
