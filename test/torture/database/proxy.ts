import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { CutKind } from './database.ts';

/** The way from one node to its database, which can be cut. */
export class DatabaseProxy {
  readonly #listener: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #cut: CutKind | undefined;

  private constructor(port: number) {
    this.#listener = createServer({ noDelay: true }, (near) => {
      if (this.#cut === 'reset') {
        near.on('error', () => undefined);
        near.resetAndDestroy();
        return;
      }
      this.#join(near, connect({ port, host: '127.0.0.1', noDelay: true }));
    });
  }

  static async before(port: number): Promise<DatabaseProxy> {
    const proxy = new DatabaseProxy(port);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** After a silence whatever was sent meanwhile arrives, as on a network that had lost packets. */
  cut(how: CutKind): () => void {
    this.#cut = how;
    for (const pair of this.#pairs) {
      if (how === 'silence') for (const socket of pair) socket.pause();
      else breakOff(pair);
    }
    return () => {
      this.#cut = undefined;
      for (const pair of this.#pairs) for (const socket of pair) socket.resume();
    };
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) breakOff(pair);
    this.#listener.close();
    await once(this.#listener, 'close');
  }

  #join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      // Not piped: a pipe that drains would go on by itself while it is to be silent.
      from.on('data', (bytes: Buffer) => {
        if (!to.destroyed) to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        this.#pairs.delete(pair);
      });
      if (this.#cut === 'silence') from.pause();
    }
  }
}

/** The node hears of it at once; the server may not, as with a cable that is pulled. */
function breakOff([near, far]: readonly [Socket, Socket]): void {
  near.resetAndDestroy();
  far.destroy();
}
