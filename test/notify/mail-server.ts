import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { TEST_CERTIFICATE, TEST_KEY } from './test-certificate.ts';

export const USER = 'kippu';
export const PASSWORD = 'canary-smtp-password';

interface Arrived {
  readonly recipients: readonly string[];
  readonly source: string;
  readonly mail: Email;
  readonly isEncrypted: boolean;
}

export interface MailServerOptions {
  readonly tls?: 'implicit' | 'starttls' | 'none';
  readonly needsLogin?: boolean;
}

type Refusal = { readonly status: number; readonly says: string };

/** A real SMTP server on 127.0.0.1 that keeps what it gets, and refuses what a test says. */
export class MailServer implements AsyncDisposable {
  readonly arrived: Arrived[] = [];
  readonly refusedRecipients = new Map<string, Refusal>();
  refusedMessages: Refusal | undefined;
  refusedLogins: Refusal | undefined;
  /** Connections that were opened. */
  connections = 0;
  readonly #server: SMTPServer;

  private constructor({ tls = 'none', needsLogin = false }: MailServerOptions) {
    const options: SMTPServerOptions = {
      secure: tls === 'implicit',
      key: TEST_KEY,
      cert: TEST_CERTIFICATE,
      hideSTARTTLS: tls !== 'starttls',
      authOptional: !needsLogin,
      allowInsecureAuth: tls === 'none',
      disabledCommands: [...(needsLogin ? [] : ['AUTH']), ...(tls === 'starttls' ? [] : ['STARTTLS'])],
      disableReverseLookup: true,
      onConnect: (_session, done) => {
        this.connections += 1;
        done();
      },
      onAuth: (auth, _session, done) => {
        if (this.refusedLogins !== undefined) done(errorOf(this.refusedLogins));
        else if (auth.username === USER && auth.password === PASSWORD) done(null, { user: USER });
        else done(errorOf({ status: 535, says: `no user ${auth.username} with the password ${auth.password}` }));
      },
      onRcptTo: ({ address }, _session, done) => {
        const refusal = this.refusedRecipients.get(address);
        done(refusal === undefined ? null : errorOf(refusal));
      },
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          if (this.refusedMessages !== undefined) {
            done(errorOf(this.refusedMessages));
            return;
          }
          const source = Buffer.concat(chunks).toString('utf8');
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          void PostalMime.parse(source).then((mail) => {
            this.arrived.push({ recipients, source, mail, isEncrypted: session.secure });
            done();
          });
        });
      },
    };
    this.#server = new SMTPServer(options);
    // A client that breaks off, as one does that does not trust the certificate, is no failure of the server.
    this.#server.on('error', () => undefined);
  }

  static async start(options: MailServerOptions = {}): Promise<MailServer> {
    const server = new MailServer(options);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server.server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }
}

function errorOf({ status, says }: Refusal): Error {
  return Object.assign(new Error(says), { responseCode: status });
}
