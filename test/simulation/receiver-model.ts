import type { HttpRequest } from '../../src/model/http.ts';
import type { Handled } from './provider-model.ts';

/** Where notices go. */
export const RECEIVER_URL = 'https://app.example/kippu-events';

/** One notice as it arrived. */
export interface Arrival {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
}

/** Somebody's application: takes each notice, and knows one that it has already by its id. */
export class ReceiverModel {
  readonly arrivals = new Map<string, Arrival>();

  handle(request: HttpRequest): Handled {
    const arrival = arrivalIn(request);
    this.arrivals.set(arrival.id, arrival);
    return { status: 204, body: '' };
  }
}

export function arrivalIn({ headers, body }: HttpRequest): Arrival {
  const { type, data } = JSON.parse(String(body)) as { type: string; data: { sequence: number } };
  return { id: headers['webhook-id'] ?? '', type, sequence: data.sequence };
}
