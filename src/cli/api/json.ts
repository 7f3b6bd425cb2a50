/** What the HTTP API answers with, as far as the command line looks at it. Instants are ISO 8601. */
export interface ConnectionJson {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly owner: string;
  readonly subject: string | null;
  readonly handle: string | null;
  readonly state: string;
  readonly state_reason: string | null;
  readonly scopes: readonly string[];
  readonly policy: string;
  readonly access_expires_at: string | null;
  readonly refresh_expires_at: string | null;
  readonly granted_at: string;
  readonly last_renewed_at: string | null;
  readonly renewals: number;
  readonly next_due_at: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface TokenJson {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_at: string | null;
  readonly scopes: readonly string[];
  readonly version: number;
}

export interface NewConnectSessionJson {
  readonly id: string;
  readonly url: string;
  readonly expires_at: string;
}

export interface ConnectProgressJson {
  readonly id: string;
  readonly state: string;
  readonly failure?: string;
  readonly detail?: string;
  readonly connection?: ConnectionJson;
}

export interface ProviderJson {
  readonly id: string;
  /** The scope that brings a refresh token; `null`: none is needed, or none there is. */
  readonly offline_scope: string | null;
}

export type TimelineEntryJson =
  | { readonly kind: 'attempt'; readonly at: string; readonly purpose: string; readonly outcome: string | null; readonly error: string | null; readonly ended_at: string | null }
  | { readonly kind: 'event'; readonly at: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'orphan'; readonly at: string; readonly tried: boolean };

export interface PostJson {
  readonly id: string;
  /** Its id. */
  readonly connection: string;
  readonly status: string;
  readonly status_reason: string | null;
  readonly status_detail: string | null;
  readonly text: string;
  readonly reply_to: string | null;
  readonly publish_at: string | null;
  readonly timezone: string | null;
  readonly published_at: string | null;
  readonly remote_id: string | null;
  readonly remote_url: string | null;
  /** US dollars. */
  readonly cost: number;
  readonly attempts: readonly unknown[];
}

export interface ProblemJson {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly where: string;
  readonly message: string;
}

export interface PostCheckJson {
  readonly valid: boolean;
  readonly weighted_length: number;
  readonly weighted_length_max: number;
  readonly links: readonly string[];
  /** US dollars. */
  readonly cost: number;
  readonly problems: readonly ProblemJson[];
}

export interface ApiKeyJson {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly connections: readonly string[] | null;
  readonly created_at: string;
  readonly revoked_at: string | null;
}
