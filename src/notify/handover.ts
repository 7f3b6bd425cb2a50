/** What one attempt to hand a notice over ended in. */
export type Handover =
  | { readonly kind: 'delivered'; readonly status: number }
  /** Not now: the destination cannot be reached, is busy, or says no in a way that may pass. */
  | {
      readonly kind: 'not_now';
      readonly status: number | undefined;
      readonly error: string;
      /** The destination asked us not to come back before. */
      readonly retryAfterMs?: number | undefined;
    }
  /** Never: however often it is tried. */
  | { readonly kind: 'refused'; readonly status: number | undefined; readonly error: string }
  /** The destination wants nothing any more. */
  | { readonly kind: 'gone'; readonly status: number; readonly error: string };
