import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { PASSWORD, USER } from './postgres-server.ts';

/** Of PostgreSQL's protocol, version 3.0. */
const PASSWORD_MESSAGE = 0x70;
const AUTHENTICATION = 0x52;
const PARAMETER_STATUS = 0x53;
const READY = 0x5a;
const TERMINATE = 0x58;
const IDLE = 0x49;

/**
 * A pooler in transaction mode, as PgBouncer is one: many clients on a few connections to the server, each lent for one
 * transaction. Whatever a client leaves behind in a session is somebody else's the next moment, and the next one it gets
 * is always another one.
 */
export class TransactionPooler {
  readonly #listener: Server;
  readonly #idle: Backend[] = [];
  readonly #waiting: ((backend: Backend) => void)[] = [];
  readonly #sockets = new Set<Socket>();
  #greeting: Buffer = Buffer.alloc(0);
  lent = 0;

  private constructor() {
    this.#listener = createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      new PooledClient(socket, this);
    });
  }

  static async before(port: number, backends: number): Promise<TransactionPooler> {
    const pooler = new TransactionPooler();
    for (let n = 0; n < backends; n += 1) {
      const { backend, greeting } = await Backend.connect(port);
      pooler.#sockets.add(backend.socket);
      pooler.#greeting = greeting;
      pooler.#idle.push(backend);
    }
    pooler.#listener.listen(0, '127.0.0.1');
    await once(pooler.#listener, 'listening');
    return pooler;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** What a server says to a client that it has let in, up to the first ReadyForQuery. */
  get greeting(): Buffer {
    return this.#greeting;
  }

  async borrow(): Promise<Backend> {
    this.lent += 1;
    // The one that has rested longest: never the same twice in a row, where there are two.
    const backend = this.#idle.shift();
    if (backend !== undefined) return backend;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  giveBack(backend: Backend): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(backend);
    else next(backend);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    await once(this.#listener, 'close');
  }
}

/** A session at the server. */
class Backend {
  readonly socket: Socket;
  onMessage: (message: Buffer) => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => socket.destroy());
    onMessages(socket, (message) => {
      this.onMessage(message);
    });
  }

  static async connect(port: number): Promise<{ readonly backend: Backend; readonly greeting: Buffer }> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const backend = new Backend(socket);
    const greeting: Buffer[] = [];
    const ready = new Promise<void>((resolve, reject) => {
      backend.onMessage = (message) => {
        if (message[0] === AUTHENTICATION && message.readInt32BE(5) === 3) {
          socket.write(framed(PASSWORD_MESSAGE, Buffer.from(`${PASSWORD}\0`)));
          return;
        }
        if (message[0] === AUTHENTICATION || message[0] === PARAMETER_STATUS) greeting.push(message);
        if (message[0] === READY) {
          greeting.push(message);
          resolve();
        }
        if (message[0] === 0x45) reject(new Error(message.toString('latin1')));
      };
    });
    socket.write(startup());
    await ready;
    return { backend, greeting: Buffer.concat(greeting) };
  }
}

/** A client's connection: its messages wait until it has a session, and it has one until the transaction is over. */
class PooledClient {
  readonly #socket: Socket;
  readonly #pooler: TransactionPooler;
  readonly #waiting: Buffer[] = [];
  #backend: Backend | undefined;
  #isBorrowing = false;
  #isGone = false;

  constructor(socket: Socket, pooler: TransactionPooler) {
    this.#socket = socket;
    this.#pooler = pooler;
    socket.once('data', () => {
      // The startup packet: whoever comes is let in.
      socket.write(pooler.greeting);
      onMessages(socket, (message) => {
        this.#take(message);
      });
    });
    socket.on('close', () => {
      this.#isGone = true;
      // In the middle of a transaction: the session is rolled back for the next one.
      if (this.#backend !== undefined) void this.#rollBack(this.#backend);
    });
  }

  #take(message: Buffer): void {
    if (message[0] === TERMINATE) {
      this.#socket.end();
      return;
    }
    this.#waiting.push(message);
    if (this.#backend === undefined) void this.#borrow();
    else this.#send(this.#backend);
  }

  async #borrow(): Promise<void> {
    if (this.#isBorrowing) return;
    this.#isBorrowing = true;
    const backend = await this.#pooler.borrow();
    this.#isBorrowing = false;
    if (this.#isGone) {
      this.#pooler.giveBack(backend);
      return;
    }
    this.#backend = backend;
    backend.onMessage = (answer) => {
      this.#socket.write(answer);
      if (answer[0] !== READY || answer[5] !== IDLE) return;
      this.#backend = undefined;
      this.#pooler.giveBack(backend);
      if (this.#waiting.length > 0) void this.#borrow();
    };
    this.#send(backend);
  }

  #send(backend: Backend): void {
    backend.socket.write(Buffer.concat(this.#waiting.splice(0)));
  }

  async #rollBack(backend: Backend): Promise<void> {
    await new Promise<void>((resolve) => {
      backend.onMessage = (answer) => {
        if (answer[0] === READY && answer[5] === IDLE) resolve();
      };
      backend.socket.write(framed(0x51, Buffer.from('rollback\0')));
    });
    this.#pooler.giveBack(backend);
  }
}

function onMessages(socket: Socket, take: (message: Buffer) => void): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length >= rest.readInt32BE(1) + 1) {
      const length = rest.readInt32BE(1) + 1;
      take(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  });
}

function framed(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = type;
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function startup(): Buffer {
  const words = `user\0${USER}\0database\0postgres\0\0`;
  const packet = Buffer.alloc(8 + Buffer.byteLength(words));
  packet.writeInt32BE(packet.length, 0);
  packet.writeInt32BE(196_608, 4);
  packet.write(words, 8);
  return packet;
}
