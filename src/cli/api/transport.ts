/** One request to the HTTP API; the key that lets it in is the transport's own. */
export interface ApiRequest {
  readonly method: string;
  /** With its query, as in `/v1/connections?limit=100`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The way to the API: over the network to the server that runs, or straight into one in this process. */
export interface Transport {
  /** Throws `unavailable` when there is no whole answer. */
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
}
