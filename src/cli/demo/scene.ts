import type { DemoSceneId } from '../texts/demo-texts.ts';
import type { DemoWorld } from './demo-world.ts';
import type { Outsider } from './outsider.ts';
import type { Teller } from './teller.ts';

export interface SceneContext {
  readonly world: DemoWorld;
  readonly tell: Teller;
  readonly outsider: Outsider;
  /** Ctrl-C. */
  readonly interrupted: AbortSignal;
}

export interface Scene {
  readonly id: DemoSceneId;
  play(context: SceneContext): Promise<void>;
}

export async function checkState(
  name: string,
  expected: { readonly state: string; readonly reason?: string },
  { world, tell }: SceneContext,
): Promise<void> {
  const { state, stateReason } = await world.connection(name);
  await tell.check('state', { name, state, reason: stateReason }, { name, reason: undefined, ...expected });
}

/** X takes the token that Kippu has in store for this user. */
export async function checkAccepted(user: string, { world, tell, outsider }: SceneContext): Promise<void> {
  const { accessToken } = await world.token(`x:${user}`);
  const { user: seen } = await outsider.whoAmI(accessToken.reveal());
  await tell.check('accepted', { user: seen }, { user });
}
