import type { Measurable, Network } from './network.ts';
import { fieldOf, jsonOf } from './untrusted-json.ts';
import { readRequest } from './x-request.ts';

/**
 * The price of one user read, in millionths of a US dollar: https://docs.x.com/x-api/getting-started/pricing. That asking
 * for oneself is a user read is inferred from that list; X does not say it. X also bills one user only once a UTC day, and
 * promises that no more than softly: this is what a measurement costs at most.
 */
const USER_READ_MICRO_USD = 10_000;

/** https://docs.x.com/x-api/users/get-my-user: the one call that tells the count, whatever the size of the account. */
const followers: Measurable = {
  scopesNeeded: ['tweet.read', 'users.read'],
  costMicroUsd: USER_READ_MICRO_USD,
  request: (access) => readRequest('/2/users/me?user.fields=public_metrics', access),
  read({ body, complete }) {
    const user = complete ? fieldOf(jsonOf(body), 'data') : undefined;
    const count = fieldOf(fieldOf(user, 'public_metrics'), 'followers_count');
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
  },
};

export const X_MEASURES: Network['measures'] = { followers };
