import type { Command } from 'commander';
import { EVENT_TYPES } from '../../model/event.ts';
import type { Page } from '../api/client.ts';
import type { DeliveryJson, NewWebhookJson, WebhookJson, WebhookTestJson } from '../api/json.ts';
import { withApi } from '../api/with-api.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { collect, collectWords } from '../flags.ts';
import { printable } from '../printable.ts';
import { form, table } from '../table.ts';
import { WEBHOOK_TEXTS } from '../texts/webhook-texts.ts';
import { clockText, instantText, localZone } from '../times.ts';

interface JsonFlag {
  readonly json?: boolean;
}

interface AddFlags extends JsonFlag {
  readonly event?: readonly string[];
  readonly connection?: readonly string[];
}

interface DeliveriesFlags extends JsonFlag {
  readonly state?: string;
}

export function registerWebhooks(program: Command, cli: Cli): void {
  const texts = WEBHOOK_TEXTS[cli.language];
  const { json } = cli.texts.options;
  const webhooks = program
    .command('webhooks')
    .helpGroup(cli.texts.program.groups.operation)
    .description(texts.description);
  webhooks
    .command('add')
    .description(texts.add)
    .argument('<url>', texts.url)
    .option('--event <type...>', `${texts.event}: ${EVENT_TYPES.join(', ')}`, collectWords)
    .option('--connection <connection...>', texts.connection, collect)
    .option('--json', json)
    .action((url: string, flags: AddFlags) => add(url, flags, cli));
  webhooks
    .command('list')
    .description(texts.list)
    .option('--json', json)
    .action((flags: JsonFlag) => list(flags, cli));
  const one = (name: string, description: string): Command =>
    webhooks.command(name).description(description).argument('<id>', texts.id);
  one('show', texts.show)
    .option('--json', json)
    .action((id: string, flags: JsonFlag) => show(id, flags, cli));
  one('deliveries', texts.deliveries)
    .option('--state <state>', texts.state)
    .option('--json', json)
    .action((id: string, flags: DeliveriesFlags) => deliveries(id, flags, cli));
  one('redeliver', texts.redeliver)
    .argument('<delivery>', texts.delivery)
    .action((id: string, delivery: string) => redeliver(id, delivery, cli));
  one('test', texts.test).action((id: string) => test(id, cli));
  one('secret', texts.secret)
    .option('--json', json)
    .action((id: string, flags: JsonFlag) => renewSecret(id, flags, cli));
  one('enable', texts.enable).action((id: string) => change(id, { disabled: false }, cli));
  one('disable', texts.disable).action((id: string) => change(id, { disabled: true }, cli));
  one('remove', texts.remove).action((id: string) => remove(id, cli));
}

/** The secret is the only thing on stdout, once and never again. */
async function add(url: string, { event, connection, json }: AddFlags, cli: Cli): Promise<void> {
  const made = await withApi(cli, ({ api }) =>
    api.post<NewWebhookJson>('/v1/webhooks', { url, events: event, connections: connection }),
  );
  if (json === true) cli.printJson(made);
  else cli.print(made.secret);
  cli.say(WEBHOOK_TEXTS[cli.language].shownOnce(made.id));
}

async function list({ json }: JsonFlag, cli: Cli): Promise<void> {
  const page = await withApi(cli, ({ api }) => api.get<Page<WebhookJson>>('/v1/webhooks'));
  if (json === true) {
    cli.printJson(page);
    return;
  }
  const texts = WEBHOOK_TEXTS[cli.language];
  if (page.items.length === 0) {
    cli.say(texts.none);
    return;
  }
  const { headings } = texts;
  const rows = page.items.map((webhook) => [
    webhook.id,
    printable(webhook.url),
    webhook.events?.join(' ') ?? texts.everything,
    stateText(webhook, cli),
  ]);
  cli.print(table([headings.id, headings.url, headings.events, headings.state], rows));
}

async function show(id: string, { json }: JsonFlag, cli: Cli): Promise<void> {
  const webhook = await withApi(cli, ({ api }) => api.get<WebhookJson>(webhookPath(id)));
  if (json === true) {
    cli.printJson(webhook);
    return;
  }
  const texts = WEBHOOK_TEXTS[cli.language];
  const { headings } = texts;
  cli.print(
    form([
      [headings.id, webhook.id],
      [headings.url, printable(webhook.url)],
      [headings.events, webhook.events?.join(' ') ?? texts.everything],
      [headings.connections, webhook.connections?.join(' ') ?? texts.everyConnection],
      [headings.created, instantText(Date.parse(webhook.created_at))],
      [headings.state, stateText(webhook, cli)],
    ]),
  );
}

/** The newest first, as many as fit on a few screens; `--json` gives all. */
const DELIVERIES_SHOWN = 50;

async function deliveries(id: string, { state, json }: DeliveriesFlags, cli: Cli): Promise<void> {
  const path = webhookPath(id, '/deliveries');
  const filter = state === undefined ? '' : `&state=${encodeURIComponent(state)}`;
  const page = await withApi(cli, ({ api }) =>
    json === true
      ? api.all<DeliveryJson>(path, { state })
      : api.get<Page<DeliveryJson>>(`${path}?limit=${DELIVERIES_SHOWN}${filter}`),
  );
  if (json === true) {
    cli.printJson(page);
    return;
  }
  const texts = WEBHOOK_TEXTS[cli.language];
  if (page.items.length === 0) {
    cli.say(texts.noDeliveries);
    return;
  }
  const { headings } = texts;
  const zone = localZone();
  const colour = { pending: 'warn', delivered: 'good', failed: 'bad' } as const;
  const rows = page.items.map((delivery) => [
    delivery.id,
    clockText(Date.parse(delivery.created_at), zone),
    delivery.type,
    cli.style[colour[delivery.state]](texts.states[delivery.state] ?? delivery.state),
    String(delivery.attempts.length),
    printable(delivery.error ?? String(delivery.attempts.at(-1)?.status ?? '')),
  ]);
  cli.print(table([headings.id, headings.time, headings.type, headings.state, headings.attempts, headings.last], rows));
  cli.say(cli.texts.times.zone(zone));
}

async function redeliver(id: string, delivery: string, cli: Cli): Promise<void> {
  const path = webhookPath(id, `/deliveries/${encodeURIComponent(delivery)}/redeliver`);
  await withApi(cli, ({ api }) => api.post(path));
  cli.say(WEBHOOK_TEXTS[cli.language].isDue(delivery));
}

async function test(id: string, cli: Cli): Promise<void> {
  const result = await withApi(cli, ({ api }) => api.post<WebhookTestJson>(webhookPath(id, '/test')));
  const texts = WEBHOOK_TEXTS[cli.language];
  if (result.delivered) {
    cli.say(texts.arrived(result.status ?? 0));
    return;
  }
  cli.say(texts.notArrived(printable(result.error ?? '')));
  cli.exitCode = EXIT.failed;
}

async function renewSecret(id: string, { json }: JsonFlag, cli: Cli): Promise<void> {
  const made = await withApi(cli, ({ api }) => api.post<NewWebhookJson>(webhookPath(id, '/secret')));
  const texts = WEBHOOK_TEXTS[cli.language];
  if (json === true) cli.printJson(made);
  else cli.print(made.secret);
  cli.say(texts.shownOnce(made.id));
  if (made.old_secret_until !== null) cli.say(texts.overlap(instantText(Date.parse(made.old_secret_until))));
}

async function change(id: string, wish: { readonly disabled: boolean }, cli: Cli): Promise<void> {
  await withApi(cli, ({ api }) => api.call('PATCH', webhookPath(id), wish));
  const texts = WEBHOOK_TEXTS[cli.language];
  cli.say(wish.disabled ? texts.isDisabled(id) : texts.isEnabled(id));
}

async function remove(id: string, cli: Cli): Promise<void> {
  await withApi(cli, ({ api }) => api.delete(webhookPath(id)));
  cli.say(WEBHOOK_TEXTS[cli.language].isRemoved(id));
}

function stateText({ disabled_because: because }: WebhookJson, { style, language }: Cli): string {
  const texts = WEBHOOK_TEXTS[language];
  return because === null ? style.good(texts.active) : style.bad(texts.disabled(printable(because)));
}

function webhookPath(id: string, rest = ''): string {
  return `/v1/webhooks/${encodeURIComponent(id)}${rest}`;
}
