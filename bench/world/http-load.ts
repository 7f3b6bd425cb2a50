import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Ends the head of a response. */
const HEAD_END = '\r\n\r\n';

/**
 * Asks the same thing over and over, on many connections that stay open, and only counts the bytes that come: a client
 * that parses would use more of the machine than the servers that it asks. All answers must be as long as the first.
 */
export class HttpLoad {
  readonly #sockets: readonly Socket[];
  readonly #request: Buffer;
  readonly answer: string;

  private constructor(sockets: readonly Socket[], request: Buffer, answer: string) {
    this.#sockets = sockets;
    this.#request = request;
    this.answer = answer;
  }

  static async open(
    address: string,
    { connections, headers }: { readonly connections: number; readonly headers: Readonly<Record<string, string>> },
  ): Promise<HttpLoad> {
    const url = new URL(address);
    const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = Buffer.from(`GET ${url.pathname} HTTP/1.1\r\n${lines.join('')}\r\n`);
    const sockets = await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
        await once(socket, 'connect');
        return socket;
      }),
    );
    const [first] = sockets;
    if (first === undefined) throw new TypeError('A load needs a connection.');
    const answer = await askOnce(first, request);
    if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(`${address} answers ${answer}`);
    return new HttpLoad(sockets, request, answer);
  }

  get body(): string {
    return this.answer.slice(this.answer.indexOf(HEAD_END) + HEAD_END.length);
  }

  /** Asks so often, spread over the connections. Gives how many answers came. */
  async ask(count: number): Promise<number> {
    const each = Math.ceil(count / this.#sockets.length);
    await Promise.all(this.#sockets.map((socket) => this.#askOn(socket, each)));
    return each * this.#sockets.length;
  }

  #askOn(socket: Socket, count: number): Promise<void> {
    const bytesEach = Buffer.byteLength(this.answer);
    return new Promise((resolve, reject) => {
      let bytes = 0;
      let answered = 0;
      const onData = (chunk: Buffer): void => {
        bytes += chunk.length;
        if (bytes < bytesEach) return;
        bytes -= bytesEach;
        answered += 1;
        if (answered < count) socket.write(this.#request);
        else {
          socket.off('data', onData);
          socket.off('close', onClose);
          if (bytes === 0) resolve();
          else reject(new Error(`An answer is longer than the first one, which has ${bytesEach} bytes.`));
        }
      };
      const onClose = (): void => {
        reject(new Error('The server has closed a connection.'));
      };
      socket.on('data', onData);
      socket.on('close', onClose);
      socket.write(this.#request);
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

async function askOnce(socket: Socket, request: Buffer): Promise<string> {
  let text = '';
  socket.write(request);
  while (!isWhole(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    text += chunk.toString('utf8');
  }
  return text;
}

function isWhole(text: string): boolean {
  const headEnd = text.indexOf(HEAD_END);
  const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
  return headEnd !== -1 && Buffer.byteLength(text) >= headEnd + HEAD_END.length + length;
}
