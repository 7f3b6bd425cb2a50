/**
 * The network, as a port. It is deliberately small: one request, one connection of its own, no pool, no retries, no
 * redirects, a bounded body. A library that retries a POST by itself would present a refresh token twice.
 */
export interface HttpClient {
  /** Sends once. Never throws for what the network does: that is the answer. */
  send(request: HttpRequest, watch?: ExchangeWatch): Promise<HttpAnswer>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** How long DNS, connecting and TLS may take together. */
  readonly connectTimeoutMs: number;
  /** How long after the connection is up the socket stays readable. */
  readonly answerTimeoutMs: number;
  readonly bodyBytesMax: number;
}

export interface ExchangeWatch {
  /**
   * Asked for each address that the host's name leads to, before connecting to it. Where no address may be connected to,
   * nothing is sent: `not_sent` because of `address`. Absent: any address.
   */
  readonly mayConnectTo?: (address: string) => boolean;
  /**
   * Asked once, after the connection and TLS are up and before the first byte of the request leaves. `false` withdraws
   * the request: nothing was sent (a paused process finds here that its lease is over).
   */
  mayStillSend?(): boolean;
  /** Called when the request has been handed to the network. */
  sent?(): void;
}

export type HttpAnswer =
  /** Provably not handled by the provider. */
  | {
      readonly kind: 'not_sent';
      /** `unsendable`: a header holds what HTTP cannot carry; trying again is of no use. */
      readonly cause: 'dns' | 'address' | 'connect' | 'tls' | 'withdrawn' | 'unsendable';
      readonly detail: string;
    }
  | {
      readonly kind: 'answered';
      readonly status: number;
      /** Names in lower case. */
      readonly headers: Readonly<Record<string, string>>;
      readonly body: Uint8Array;
      /** `false`: the body was cut off, or longer than `bodyBytesMax`. */
      readonly complete: boolean;
    }
  /** Sent, and no answer could be read: the provider may have handled it. */
  | { readonly kind: 'unanswered'; readonly cause: 'timeout' | 'reset' | 'not_http'; readonly detail: string };
