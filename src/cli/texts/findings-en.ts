import { refreshNeedLines } from '../../app/web/refresh-needs.ts';
import { COPIED_ADVICE } from './copied-texts.ts';
import type { FindingTexts } from './finding-texts.ts';
import { historyEn } from './history-texts.ts';

const SHOWN = 5;

function some(names: readonly string[], count = names.length): string {
  const rest = count - Math.min(SHOWN, names.length);
  return rest > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${rest} more` : names.join(', ');
}

/** What the doctor finds, in English. */
export const FINDINGS_EN: FindingTexts = {
  node: ({ version, platform }) => ({ what: `Node ${version} on ${platform}` }),
  config_invalid: ({ error }) => ({ what: `configuration: ${error}` }),
  setting_unknown: ({ name, nearest }) => ({
    what: `${name} is not a setting that this version knows`,
    advice: nearest === undefined ? 'Look at its spelling, or remove it.' : `Did you mean ${nearest}?`,
  }),
  setting_untidy: ({ name, what }) => ({
    what: {
      spaces: `${name} begins or ends with a space`,
      quotes: `${name} has quotation marks around it`,
      placeholder: `${name} looks like a placeholder`,
    }[what],
    advice:
      what === 'placeholder'
        ? "Put your app's own value there, from the provider's developer console."
        : 'Remove them, unless they belong to it.',
  }),
  directory_missing: ({ path }) => ({ what: `data directory ${path}: not there yet, made at the first start` }),
  directory_good: ({ path }) => ({ what: `data directory ${path}` }),
  directory_unusable: ({ path, error }) => ({
    what: `data directory ${path} cannot be used (${error})`,
    advice: 'Let the user who runs Kippu read and write it, or set KIPPU_HOME to another one.',
  }),
  directory_open_to_others: ({ path, mode }) => ({
    what: `other users may look into the data directory ${path} (mode ${mode})`,
    advice: `chmod 700 '${path}'`,
  }),
  ring_not_made: ({ isProduction }) =>
    isProduction
      ? {
          what: 'there is no key ring, and with NODE_ENV=production none is made',
          advice: 'Run kippu vault keygen once, keep it safe, and give it as KIPPU_KEYS.',
        }
      : { what: 'key ring: none yet, made at the first start' },
  ring_unused: ({ source, keyIds }) => ({
    what: `key ring from ${source} (keys ${keyIds.join(', ')}); there is no database yet that it could open`,
  }),
  ring_good: ({ source, keyIds }) => ({
    what: `key ring from ${source} opens this database (keys ${keyIds.join(', ')})`,
  }),
  ring_bad: ({ error }) => ({ what: `key ring: ${error}` }),
  store_new: ({ url }) => ({ what: `database ${url}: not there yet, made at the first start` }),
  store_in_memory: () => ({
    what: 'the database is in memory: everything is lost when the process ends',
    advice: 'To keep it, set KIPPU_DATABASE_URL=sqlite:./kippu.db',
  }),
  store_good: ({ url }) => ({ what: `database ${url}` }),
  store_unusable: ({ error }) => ({ what: `database: ${error}` }),
  store_behind: ({ migrations }) => ({
    what: `the database lacks ${migrations.length} migration(s)`,
    advice: 'The next start applies them; or now: kippu migrate',
  }),
  store_copied: ({ copied }) => ({
    what: `nothing is renewed or posted: ${copied.why}`,
    advice: COPIED_ADVICE.en(copied),
  }),
  app_none: () => ({
    what: 'no provider is configured: kippu up runs the sandbox with simulated providers',
    advice: 'For the real X: set KIPPU_X_CLIENT_ID (and KIPPU_X_CLIENT_SECRET) in .env',
  }),
  app: ({ provider, clientId, hasSecret, deviceOnlyWithoutSecret, callback }) => ({
    what: `${provider}: client id ${clientId}, ${hasSecret ? 'confidential client (with a secret)' : 'public client (without a secret)'}`,
    advice:
      `Register exactly this callback address, without a slash at its end: ${callback}` +
      (hasSecret
        ? ''
        : deviceOnlyWithoutSecret
          ? `\nWithout a secret only the device flow works, and nothing can be revoked from here: kippu connect ${provider} --device`
          : '\nWithout a secret the app must be of a public type (Native App) at the provider.'),
  }),
  callback_host: ({ provider, host, wanted }) => ({
    what: `the public URL says ${host}, and ${provider} takes callbacks on this machine as ${wanted}`,
    advice: `Set KIPPU_PUBLIC_URL to http://${wanted}:PORT and register that callback address.`,
  }),
  callback_port: ({ publicUrl, port }) => ({
    what: `the provider sends browsers back to ${publicUrl}, and the server listens on port ${port}`,
    advice: 'Make the port of KIPPU_PUBLIC_URL and KIPPU_PORT the same.',
  }),
  scope_unknown: ({ provider, scope }) => ({
    what: `${scope} is not a scope that ${provider}'s documentation names`,
    advice: 'Look at its spelling: an unknown scope ends the consent with an error.',
  }),
  base_url: ({ provider, origin }) => ({
    what: `everything for ${provider} goes to ${origin} and not to the real provider`,
    advice: `For the real one, remove KIPPU_${provider.toUpperCase()}_BASE_URL.`,
  }),
  issuer_good: ({ provider, issuer }) => ({ what: `${provider}: ${issuer} describes itself` }),
  issuer_silent: ({ provider, error, isKept }) => ({
    what: `${provider}: ${error}`,
    advice: isKept
      ? 'What it said last is in force until it answers again.'
      : 'Nothing of this provider works until it answers. Compare KIPPU_<ID>_ISSUER with what the provider documents.',
  }),
  app_held: ({ provider, error }) => ({
    what: `the renewals of ${provider} are held${error === undefined ? '' : `: ${error}`}`,
    advice: `Check client id, secret and the app's state at the provider; then: kippu doctor --release ${provider}`,
  }),
  app_refused: ({ provider, error, sinceMs }, { instant }) => ({
    what: `${provider} refuses this app since ${instant(sinceMs)}${error === undefined ? '' : ` (${error})`}`,
    advice: 'Check client id, secret and type of the app. A changed secret is tried at once.',
  }),
  app_elsewhere: ({ provider, clientId, issuer, connections }) => ({
    what: `${connections} connection(s) belong to another app of ${provider} (client id ${clientId} at ${issuer}), which is not configured`,
    advice: 'Configure that client id again, or let their users consent anew.',
  }),
  clock_good: ({ host, aheadMs }, { span }) => ({
    what: `clock agrees with ${host} (${Math.abs(aheadMs) < 2000 ? 'to the second' : `${span(Math.abs(aheadMs))} apart`})`,
  }),
  clock_off: ({ host, aheadMs }, { span }) => ({
    what: `this machine's clock is ${span(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'} ${host}`,
    advice: 'Set it by network time (NTP): tokens are judged by it.',
  }),
  clock_not_compared: ({ host, why }) => ({ what: `clock: ${host} could not be asked (${why})` }),
  server_running: ({ url, pid, version }) => ({ what: `server ${version} is running at ${url} (process ${pid})` }),
  port_free: ({ host, port }) => ({ what: `port ${port} of ${host} is free; no server is running` }),
  port_taken: ({ host, port }) => ({
    what: `port ${port} of ${host} is used by another program`,
    advice: 'End that program, or set KIPPU_PORT and register the new callback address.',
  }),
  port_unusable: ({ host, port, error }) => ({
    what: `Kippu cannot listen on ${host}:${port} (${error})`,
    advice: 'Set KIPPU_HOST and KIPPU_PORT to an address of this machine and a port above 1023.',
  }),
  spool_good: () => ({ what: 'spool: nothing waits' }),
  spool_waiting: ({ count }) => ({
    what: `${count} answer(s) of providers wait in the spool for the database`,
    advice: 'A running Kippu applies them within seconds. Never delete them: the new tokens are only there.',
  }),
  spool_damaged: ({ files }) => ({
    what: `damaged spool files: ${some(files)}`,
    advice: 'Keep them. Connections that they were for become uncertain and may need a new consent.',
  }),
  answers_elsewhere: ({ nodeId, names, count, heardAtMs }, { instant }) => ({
    what:
      `the answers for these may lie in the spool of ${nodeId} and nowhere else: ${some(names, count)}. ` +
      (heardAtMs === undefined
        ? 'That node has never been heard of'
        : `Nothing was heard of that node since ${instant(heardAtMs)}`),
    advice:
      'Start it again, if it only stands still or does not reach the database. ' +
      'The file node-id in a data directory says which node is whose.\n' +
      'If it is gone for good and its disk is not: run `kippu up --no-server` with its data directory as KIPPU_HOME until nothing waits there. ' +
      'Do it soon: the spent refresh token is presented again when the access token ends, and then the user must consent again.',
  }),
  grants_crowded: ({ provider, handle, names, count, max }) => ({
    what: `${handle} is connected ${count} times with one app of ${provider}, which keeps ${max}: ${some(names, count)}`,
    advice: 'The next consent ends the oldest of them without a word. Revoke those that nobody needs.',
  }),
  no_refresh_token: ({ provider, names, count, needs, consentsUrl }) => ({
    what: `${provider} gave no refresh token, so these end with their access token: ${some(names, count)}`,
    advice: [...refreshNeedLines({ needs, consentsUrl }, 'en'), `Then connect again: kippu connect ${provider}`].join(
      '\n',
    ),
  }),
  id_token_refused: ({ name, reason }) => ({
    what: `the ID token of ${name} does not pass its checks: ${reason}`,
    advice: `It is not handed out; access tokens are not touched by that. Another one: kippu renew ${name}`,
  }),
  testing_suspected: ({ provider, names, count, days, variable }) => ({
    what: `${some(names, count)} ended without a reason and never lived longer than ${days} days`,
    advice: `That is how ${provider} treats an app in testing. Publish the app there, or set ${variable}=1 to be warned in time.`,
  }),
  tokens_dead: ({ provider, names }) => ({
    what: `${provider} says that these access tokens are dead, and they should live: ${some(names)}`,
    advice:
      `Somebody revoked or replaced them. Another one: kippu renew ${names[0]}\n` +
      `If that is refused: kippu connect ${provider} --connection ${names[0]}`,
  }),
  tokens_not_asked: ({ provider, error }) => ({
    what: `${provider} could not be asked whether access tokens live: ${error}`,
    advice: `Nothing follows from that for the tokens. HTTP 401 or 403: check the client id and the client secret.`,
  }),
  tokens_living: ({ provider, count }) => ({ what: `${provider} says that access tokens live: ${count} asked` }),
  never_expires: ({ names, count }) => ({
    what: `access tokens that never end: ${some(names, count)}`,
    advice:
      "Switch expiry on in the app's settings at the provider, then end the old ones: kippu revoke --never-expires\nTheir users connect again afterwards.",
  }),
  orphans: ({ names, count }) => ({
    what: `token sets that belong nowhere are kept for ${some(names, count)}`,
    advice: 'They are tried before a grant is given up. See: kippu show',
  }),
  history: historyEn,
  connections: ({ counts }) => ({
    what: `connections: ${counts.active} active, ${counts.uncertain} uncertain, ${counts.reauth_required} need consent, ${counts.revoked} revoked`,
  }),
  connections_beyond: ({ lookedAt, count }) => ({
    what:
      `only the first ${lookedAt.toLocaleString('en')} of ${count.toLocaleString('en')} connections were looked at ` +
      'for what ends soon and for how apps are set up at their providers',
  }),
  more: ({ of, count }) => ({
    what: {
      consent_needed_soon: `${count} more connection(s) end within a week`,
      id_token_refused: `the ID tokens of ${count} more connection(s) do not pass their checks`,
      consent_ends_before_post: `${count} more connection(s) end before their next post`,
    }[of],
  }),
  connections_uncertain: ({ names, count }) => ({
    what: `a renewal was sent and not answered: ${some(names, count)}`,
    advice: 'It is resolved by itself while Kippu runs.',
  }),
  reuse_suspected: ({ names, count }) => ({
    what: `ended although never used from here: ${some(names, count)}. Somebody else used the refresh token, its user removed the app, or another installation signed the account in with the same app`,
    advice:
      'Give each installation (production, staging, your own machine) a provider app of its own. kippu show tells more.',
  }),
  consent_needed: ({ names, count }) => ({
    what: `users must consent again: ${some(names, count)}`,
    advice: `kippu connect PROVIDER --connection ${names[0]}`,
  }),
  consent_needed_soon: ({ name, atMs }, { instant }) => ({
    what: `${name} ends at ${instant(atMs)}`,
    advice: `Before that: kippu connect PROVIDER --connection ${name}`,
  }),
  mail_off: () => ({
    what: 'mail: none is sent',
    advice: 'To be told when a user must consent again: KIPPU_SMTP_URL, KIPPU_MAIL_FROM, KIPPU_MAIL_TO',
  }),
  mail_good: ({ server, recipients }) => ({ what: `mail goes through ${server} to ${some(recipients)}` }),
  mail_unusable: ({ error }) => ({
    what: `mails cannot be sent: ${error}`,
    advice: 'Check KIPPU_SMTP_URL: host, port, user, password. What waits is sent when it works again.',
  }),
  mails_failing: ({ recipient, count, error }) => ({
    what: `${count} mail(s) to ${recipient} did not arrive (${error})`,
    advice: 'A refusal is final: check the address in KIPPU_MAIL_TO. All else is tried for three days.',
  }),
  webhook_good: ({ id, origin }) => ({ what: `webhook ${id} to ${origin}` }),
  webhook_disabled: ({ id, origin, because }) => ({
    what: `webhook ${id} to ${origin} is disabled: ${because}`,
    advice: `kippu webhooks enable ${id}, or kippu webhooks remove ${id}`,
  }),
  webhook_failing: ({ id, origin, count, error }) => ({
    what: `${count} event(s) did not reach webhook ${id} at ${origin} (${error})`,
    advice: `kippu webhooks deliveries ${id}, and kippu webhooks test ${id}`,
  }),
  consent_ends_before_post: ({ name, atMs, postAtMs }, { instant }) => ({
    what: `${name} ends at ${instant(atMs)}, before its next post at ${instant(postAtMs)}`,
    advice: `Before that: kippu connect PROVIDER --connection ${name}`,
  }),
};
