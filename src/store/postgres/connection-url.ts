import { KippuError } from '../../model/errors.ts';
import { DEFAULT_SCHEMA } from './statement.ts';

export interface Host {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  /** Encrypted, and the server's certificate checked against its name. */
  readonly isEncrypted: boolean;
}

/** What a connection URL says, checked once. */
export interface ConnectionUrl {
  /** Asked in this order for the one that may be written. */
  readonly hosts: readonly Host[];
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly schema: string;
  /** Files of PEM text. */
  readonly certificates: { readonly authority?: string; readonly own?: string; readonly key?: string };
  readonly listens: boolean;
  readonly connectionsMax: number;
  readonly connectTimeoutMs: number;
  readonly applicationName: string;
  readonly bindsChannel: boolean;
  /** Passed on to the server as they are. */
  readonly serverOptions: string | undefined;
}

const DEFAULT_PORT = 5432;
const PORT_MAX = 65_535;
const CONNECTIONS_MAX = 10;
const CONNECT_TIMEOUT_MS = 5000;

const PARAMETERS = [
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'schema',
  'listen',
  'connections',
  'connect_timeout',
  'application_name',
  'channel_binding',
  'options',
  'host',
  'target_session_attrs',
] as const;

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?PARAMETER=VALUE`. Throws `invalid`, which names the part
 * that is wrong, and never the password.
 */
export function parseConnectionUrl(url: string): ConnectionUrl {
  const match = /^postgres(?:ql)?:\/\/(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#@/]*))?(?:\?([^#]*))?$/.exec(url);
  if (match === null)
    throw invalid('it is not a connection URL; is every /, ?, # and @ of its password percent-encoded?');
  const parameters = new URLSearchParams(match[4] ?? '');
  for (const name of parameters.keys())
    if (!(PARAMETERS as readonly string[]).includes(name))
      throw invalid(`it has the parameter "${name}"; known are ${PARAMETERS.join(', ')}`);
  const [user, password] = splitAt(match[1] ?? '', ':');
  const database = decoded(match[3] ?? '');
  if (database === '') throw invalid('it names no database');
  refuseStandbys(parameters.get('target_session_attrs'));
  return {
    hosts: readHosts(parameters.get('host') ?? match[2] ?? '', parameters.get('sslmode')),
    database,
    user: user === '' ? undefined : decoded(user),
    password: password === undefined ? undefined : decoded(password),
    schema: checkSchema(parameters.get('schema') ?? DEFAULT_SCHEMA),
    certificates: certificatesOf(parameters),
    listens: readChoice(parameters, 'listen', ['on', 'off'], 'on') === 'on',
    connectionsMax: readNumber(parameters, 'connections', CONNECTIONS_MAX),
    connectTimeoutMs: readNumber(parameters, 'connect_timeout', CONNECT_TIMEOUT_MS / 1000) * 1000,
    applicationName: parameters.get('application_name') ?? 'kippu',
    bindsChannel: readChoice(parameters, 'channel_binding', ['require', 'prefer', 'disable'], 'disable') === 'require',
    serverOptions: parameters.get('options') ?? undefined,
  };
}

/** Stands in statements as it is: nothing in it may end a name or a text. */
export function checkSchema(schema: string): string {
  if (isSchema(schema)) return schema;
  if (schema.startsWith('pg_'))
    throw invalid(`the schema "${schema}" begins with pg_, which PostgreSQL keeps for itself`);
  throw invalid(`the schema "${schema}" is not made of up to 63 letters, digits and underscores`);
}

export function isSchema(text: string): boolean {
  return /^(?!pg_)[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(text);
}

function readHosts(text: string, sslmode: string | null): readonly Host[] {
  const hosts = text.split(',').map((each) => readHost(decoded(each)));
  return hosts.map(({ host, port }) => ({ host, port, isEncrypted: isEncrypted(host, sslmode) }));
}

function readHost(text: string): { readonly host: string; readonly port: number } {
  const match = text.startsWith('/') ? [text, text] : /^(\[[0-9a-fA-F:.]+\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(text);
  if (match === null) throw invalid(`"${text}" is not HOST or HOST:PORT`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  const port = match[2] === undefined ? DEFAULT_PORT : Number(match[2]);
  // The driver throws on one in the middle of opening a connection, and waits for ever afterwards.
  if (port < 1 || port > PORT_MAX) throw invalid(`the port of "${text}" is not from 1 to ${PORT_MAX}`);
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/**
 * Tokens are sealed, and who is connected is still nobody else's business: what leaves this machine is encrypted, and to a
 * server that has shown who it is. In libpq `require` means encrypted to anybody at all; here it means more.
 */
function isEncrypted(host: string, sslmode: string | null): boolean {
  switch (sslmode) {
    case null:
      return !isHere(host);
    case 'disable':
      return false;
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return true;
    default:
      throw invalid(
        `sslmode=${sslmode} would send everything to a server that may be anybody. Use verify-full (with sslrootcert=FILE for an ` +
          'authority of your own), or say disable where the network is yours',
      );
  }
}

function isHere(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function certificatesOf(parameters: URLSearchParams): ConnectionUrl['certificates'] {
  const [authority, own, key] = ['sslrootcert', 'sslcert', 'sslkey'].map((name) => parameters.get(name));
  return {
    // Node's own list of authorities is "system".
    ...(authority === null || authority === undefined || authority === 'system' ? {} : { authority }),
    ...(own === null || own === undefined ? {} : { own }),
    ...(key === null || key === undefined ? {} : { key }),
  };
}

function refuseStandbys(attributes: string | null): void {
  if (attributes === null || ['any', 'read-write', 'primary'].includes(attributes)) return;
  throw invalid(`target_session_attrs=${attributes} asks for a server that cannot be written`);
}

function readChoice(parameters: URLSearchParams, name: string, choices: readonly string[], standard: string): string {
  const value = parameters.get(name) ?? standard;
  if (choices.includes(value)) return value;
  throw invalid(`${name}=${value} is none of ${choices.join(', ')}`);
}

function readNumber(parameters: URLSearchParams, name: string, standard: number): number {
  const value = parameters.get(name);
  if (value === null) return standard;
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw invalid(`${name}=${value} is not a whole number from 1 to 9999`);
}

function splitAt(text: string, separator: string): readonly [string, string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('a % in it is not followed by two hexadecimal digits');
  }
}

function invalid(what: string): KippuError {
  return new KippuError(
    'invalid',
    `The PostgreSQL URL cannot be used: ${what}. It looks like postgres://USER:PASSWORD@HOST:5432/DATABASE.`,
    { where: 'KIPPU_DATABASE_URL' },
  );
}
