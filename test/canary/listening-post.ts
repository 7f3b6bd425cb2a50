import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/**
 * Stands between Kippu and the simulator, passes everything on, and remembers every secret that went by: tokens, codes,
 * verifiers, client authentication. These are what must be found nowhere else.
 */
export class ListeningPost implements AsyncDisposable {
  readonly secrets = new Map<string, string>();
  readonly #server: Server;
  readonly #target: string;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.#target = target;
  }

  static async before(target: string): Promise<ListeningPost> {
    const server = createServer();
    const post = new ListeningPost(server, target);
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        void post.#passOn(request.method ?? 'GET', request.url ?? '/', request.headers, Buffer.concat(chunks)).then(
          ({ status, headers, body }) => response.writeHead(status, headers).end(body),
          () => response.destroy(),
        );
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return post;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #passOn(
    method: string,
    path: string,
    headers: NodeJS.Dict<string | string[]>,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    this.#noteRequest(headers, body.toString('utf8'));
    const { host: _host, connection: _connection, ...rest } = headers;
    const answer = await fetch(this.#target + path, {
      method,
      headers: rest as Record<string, string>,
      redirect: 'manual',
      ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
    });
    const text = Buffer.from(await answer.arrayBuffer());
    this.#noteAnswer(text.toString('utf8'));
    const location = answer.headers.get('location');
    return {
      status: answer.status,
      headers: {
        'content-type': answer.headers.get('content-type') ?? 'text/plain',
        ...(location === null ? {} : { location }),
      },
      body: text,
    };
  }

  #noteRequest(headers: NodeJS.Dict<string | string[]>, body: string): void {
    const [, credentials] = String(headers['authorization'] ?? '').split(' ');
    if (credentials !== undefined) this.#note('an authorization header', credentials);
    const form = new URLSearchParams(body);
    for (const name of ['code', 'code_verifier', 'device_code', 'refresh_token', 'token', 'client_secret'])
      this.#note(name, form.get(name));
  }

  #noteAnswer(text: string): void {
    for (const name of ['access_token', 'refresh_token', 'device_code'])
      this.#note(name, new RegExp(`"${name}":"([^"]+)"`).exec(text)?.[1]);
  }

  #note(name: string, value: string | null | undefined): void {
    if (value !== null && value !== undefined && value.length >= 12) this.secrets.set(value, name);
  }
}
