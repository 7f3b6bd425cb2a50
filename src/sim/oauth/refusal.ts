import type { ErrorAnswer, Network, TokenProblem } from '../networks/network.ts';
import { QUIRKS, sideOf } from '../quirks.ts';
import { jsonReply } from '../wire.ts';
import { justReply, type Decision, type World } from '../world.ts';

/** An error as this provider words it. */
export function refuse(world: World, network: Network, problem: TokenProblem, parameter = ''): Decision {
  const { status, ...words } = network.tokenError(problem, world.state.settings, parameter);
  const played = QUIRKS.errorsArriveAs200[sideOf(world.provider, 'errorsArriveAs200')](status);
  return justReply(jsonReply(played, errorBody(world, words)));
}

/** RFC 6749, section 5.2, or the provider's own shape. */
export function errorBody({ provider }: World, words: Omit<ErrorAnswer, 'status'>): object {
  return QUIRKS.errorsInObject[sideOf(provider, 'errorsInObject')](words);
}
