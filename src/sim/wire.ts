/** One request as the simulator sees it, whatever carried it here. */
export interface SimRequest {
  readonly method: string;
  /** Path and query. The origin is the transport's business. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Thumbprint of the key that the call's token was proved with; the transport never sets it. */
  readonly provedBy?: string;
}

/** What an endpoint answers, before a fault is done to it. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer, and what happens to it on its way. */
export interface SimAnswer extends Reply {
  readonly delivery: Delivery;
}

/**
 * What the transport does to the answer. `lost`: the connection ends without a byte. `cut`: the headers promise the
 * whole body and half of it comes. Either after `delayMs`. The change, if there was one, is committed in any case.
 */
export interface Delivery {
  readonly kind: 'whole' | 'lost' | 'cut';
  readonly delayMs: number;
}

export const DELIVERED_WHOLE: Delivery = { kind: 'whole', delayMs: 0 };

export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

/** `303`: the browser follows with a GET, whatever it sent before. */
export function redirectReply(location: string): Reply {
  return {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
    body: '',
  };
}

/** The half that a cut answer still delivers. */
export function firstHalf(body: string): Uint8Array {
  const bytes = Buffer.from(body);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

export function queryOf(url: string): URLSearchParams {
  const query = url.indexOf('?');
  return new URLSearchParams(query === -1 ? '' : url.slice(query + 1));
}

/** The fields of a form body; `undefined` for any other content type. */
export function formOf(request: SimRequest): URLSearchParams | undefined {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return type === 'application/x-www-form-urlencoded' ? new URLSearchParams(request.body) : undefined;
}

/** The name of a parameter that comes more than once, which RFC 6749 (sections 3.1 and 3.2) forbids. */
export function repeatedName(parameters: URLSearchParams): string | undefined {
  const seen = new Set<string>();
  for (const name of parameters.keys()) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}
