import { assertNever } from '../model/assert-never.ts';
import type { Fault } from './faults.ts';
import type { SettingsPatch } from './settings.ts';
import type {
  Code,
  Counts,
  Device,
  FollowerCount,
  Grant,
  GrantEnd,
  MetClient,
  PendingConsent,
  Post,
  PushedRequest,
  RateWindow,
  SigningKey,
  SimState,
  Token,
  User,
} from './state.ts';

/** Everything that can happen at the simulated provider. What one request does is kept in one journal line. */
export type SimEvent =
  | { readonly kind: 'settings_changed'; readonly patch: SettingsPatch }
  | { readonly kind: 'clock_advanced'; readonly ms: number }
  | { readonly kind: 'fault_ordered'; readonly fault: Fault }
  | { readonly kind: 'fault_struck'; readonly faultId: string; readonly counts: keyof Counts }
  | { readonly kind: 'faults_cleared' }
  | { readonly kind: 'client_met'; readonly client: MetClient }
  | { readonly kind: 'user_met'; readonly user: User }
  | { readonly kind: 'consent_opened'; readonly consent: PendingConsent }
  | { readonly kind: 'consent_closed'; readonly consentId: string }
  | { readonly kind: 'code_issued'; readonly code: Code }
  | { readonly kind: 'code_spent'; readonly hash: string; readonly atMs: number }
  | { readonly kind: 'code_replayed' }
  | { readonly kind: 'request_pushed'; readonly pushed: PushedRequest }
  | { readonly kind: 'jwt_seen'; readonly hash: string; readonly untilMs: number }
  | { readonly kind: 'device_begun'; readonly device: Device }
  | { readonly kind: 'device_asked'; readonly hash: string; readonly atMs: number; readonly intervalMs: number }
  | { readonly kind: 'device_decided'; readonly hash: string; readonly decision: NonNullable<Device['decision']> }
  | { readonly kind: 'device_told_over'; readonly hash: string }
  | { readonly kind: 'device_spent'; readonly hash: string; readonly atMs: number }
  /** `isAlone`: the keys before it are published no more. */
  | { readonly kind: 'key_made'; readonly key: SigningKey; readonly isAlone: boolean }
  | { readonly kind: 'grant_opened'; readonly grant: Grant }
  | { readonly kind: 'grant_renewed'; readonly grantId: string }
  | {
      readonly kind: 'grant_ended';
      readonly grantId: string;
      readonly reason: GrantEnd;
      readonly access: 'ends' | 'lives';
      readonly atMs: number;
    }
  | { readonly kind: 'token_issued'; readonly token: Token }
  | { readonly kind: 'token_spent'; readonly hash: string; readonly atMs: number }
  /** It was used and stays: an idle life begins again. */
  | { readonly kind: 'token_kept'; readonly hash: string; readonly expiresAtMs: number | undefined }
  | { readonly kind: 'token_revoked'; readonly hash: string; readonly atMs: number }
  | { readonly kind: 'token_reused'; readonly hash: string }
  | { readonly kind: 'post_created'; readonly post: Post }
  | { readonly kind: 'post_deleted'; readonly postId: string; readonly atMs: number }
  | { readonly kind: 'followers_set'; readonly userId: string; readonly followers: FollowerCount }
  | {
      readonly kind: 'billed';
      readonly microDollars: number;
      readonly day: string;
      readonly resources: readonly string[];
    }
  | { readonly kind: 'window_used'; readonly key: string; readonly window: RateWindow };

/** Does one event to the state, in place. Total: any event that was ever written can be applied again. */
export function apply(state: SimState, event: SimEvent): void {
  switch (event.kind) {
    case 'settings_changed':
      return changeSettings(state, event.patch);
    case 'clock_advanced':
      state.clockAdvancedMs += event.ms;
      return;
    case 'fault_ordered':
      state.faults = [...state.faults, event.fault];
      return;
    case 'fault_struck':
      return strike(state, event.faultId, event.counts);
    case 'faults_cleared':
      state.faults = [];
      return;
    case 'client_met':
      state.clients.set(event.client.id, event.client);
      return;
    case 'user_met':
      state.users.set(event.user.id, event.user);
      return;
    case 'consent_opened':
      state.consents.set(event.consent.id, event.consent);
      return;
    case 'consent_closed':
      state.consents.delete(event.consentId);
      return;
    case 'code_issued':
      state.codes.set(event.code.hash, event.code);
      return;
    case 'code_spent':
      return change(state.codes, event.hash, (code) => ({ ...code, spentAtMs: event.atMs }));
    case 'code_replayed':
      state.counts.codesReplayed += 1;
      return;
    case 'request_pushed':
      state.pushed.set(event.pushed.hash, event.pushed);
      return;
    case 'jwt_seen':
      state.seenJwts.set(event.hash, event.untilMs);
      return;
    case 'device_begun':
      state.devices.set(event.device.hash, event.device);
      return;
    case 'device_asked':
      return change(state.devices, event.hash, (device) => ({
        ...device,
        askedAtMs: event.atMs,
        intervalMs: event.intervalMs,
      }));
    case 'device_decided':
      return change(state.devices, event.hash, (device) => ({ ...device, decision: event.decision }));
    case 'device_told_over':
      return change(state.devices, event.hash, (device) => ({ ...device, toldOver: true }));
    case 'device_spent':
      return change(state.devices, event.hash, (device) => ({ ...device, spentAtMs: event.atMs }));
    case 'key_made':
      state.signingKeys = event.isAlone ? [event.key] : [...state.signingKeys, event.key];
      return;
    case 'grant_opened':
      state.grants.set(event.grant.id, event.grant);
      return;
    case 'grant_renewed':
      return change(state.grants, event.grantId, (grant) => ({ ...grant, renewals: grant.renewals + 1 }));
    case 'grant_ended':
      return endGrant(state, event);
    case 'token_issued':
      return issue(state, event.token);
    case 'token_spent':
      return change(state.tokens, event.hash, (token) => ({ ...token, spentAtMs: event.atMs }));
    case 'token_kept':
      return change(state.tokens, event.hash, (token) => ({ ...token, expiresAtMs: event.expiresAtMs }));
    case 'token_revoked':
      return change(state.tokens, event.hash, (token) => ({ ...token, revokedAtMs: token.revokedAtMs ?? event.atMs }));
    case 'token_reused':
      state.counts.presentedTwice += 1;
      return change(state.tokens, event.hash, (token) => ({ ...token, reuses: token.reuses + 1 }));
    case 'post_created':
      state.posts.set(event.post.id, event.post);
      state.lastPostId = event.post.id;
      state.counts.postsCreated += 1;
      return;
    case 'post_deleted':
      return change(state.posts, event.postId, (post) => ({ ...post, deletedAtMs: event.atMs }));
    case 'followers_set':
      state.followers.set(event.userId, event.followers);
      return;
    case 'billed':
      return bill(state, event);
    case 'window_used':
      state.windows.set(event.key, event.window);
      return;
    default:
      return assertNever(event);
  }
}

function change<V>(map: Map<string, V>, key: string, into: (value: V) => V): void {
  const value = map.get(key);
  if (value !== undefined) map.set(key, into(value));
}

function changeSettings(state: SimState, patch: SettingsPatch): void {
  const { rateLimits, ...rest } = patch;
  const defined = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  state.settings = { ...state.settings, ...defined, rateLimits: { ...state.settings.rateLimits, ...rateLimits } };
  if (patch.creditMicroDollars !== undefined) state.money.balanceMicroDollars = patch.creditMicroDollars;
}

function strike(state: SimState, faultId: string, counts: keyof Counts): void {
  state.counts[counts] += 1;
  state.faults = state.faults
    .map((fault) => (fault.id === faultId ? { ...fault, remaining: fault.remaining - 1 } : fault))
    .filter((fault) => fault.remaining > 0);
}

function issue(state: SimState, token: Token): void {
  state.tokens.set(token.hash, token);
  state.grants.get(token.grantId)?.tokenHashes.push(token.hash);
}

function endGrant(state: SimState, event: Extract<SimEvent, { kind: 'grant_ended' }>): void {
  const grant = state.grants.get(event.grantId);
  if (grant === undefined) return;
  state.grants.set(grant.id, { ...grant, end: grant.end ?? { reason: event.reason, atMs: event.atMs } });
  for (const hash of grant.tokenHashes) {
    change(state.tokens, hash, (token) =>
      token.kind === 'refresh' || event.access === 'ends'
        ? { ...token, revokedAtMs: token.revokedAtMs ?? event.atMs }
        : token,
    );
  }
}

function bill(state: SimState, event: Extract<SimEvent, { kind: 'billed' }>): void {
  const { money } = state;
  money.spentMicroDollars += event.microDollars;
  if (money.balanceMicroDollars !== null) money.balanceMicroDollars -= event.microDollars;
  if (money.readDay !== event.day) {
    money.readDay = event.day;
    money.readToday.clear();
  }
  for (const resource of event.resources) money.readToday.add(resource);
}
