import type { Server } from '../../server/server.ts';
import type { ApiAnswer, ApiRequest, Transport } from './transport.ts';

/** Straight into the very same server, in this process: where none runs, every command still has one meaning. */
export class InProcessTransport implements Transport {
  readonly #server: () => Promise<Server>;
  readonly #authorization: string;
  readonly #origin: string;

  constructor(
    server: () => Promise<Server>,
    { authorization, origin }: { readonly authorization: string; readonly origin: string },
  ) {
    this.#server = server;
    this.#authorization = authorization;
    this.#origin = origin;
  }

  async send({ method, path, headers, body }: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const server = await this.#server();
    const response = await server.fetch(
      new Request(new URL(path, this.#origin), {
        method,
        headers: { ...headers, authorization: this.#authorization },
        ...(body === undefined ? {} : { body: new Uint8Array(body) }),
        signal,
      }),
    );
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  }
}
