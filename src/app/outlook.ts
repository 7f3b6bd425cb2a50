import { assertNever } from '../model/assert-never.ts';
import type { ConnectionId } from '../model/ids.ts';
import { outlookOf } from '../posts/outlook.ts';
import type { App } from './open.ts';

/** What stands between a connection and a post at that time, while it can still be helped. */
export interface OutlookWarning {
  readonly code: 'reauth_required' | 'revoked' | 'ends_before_next_run';
  readonly message: string;
}

/** `undefined`: as far as anybody knows, the post can go out. */
export async function outlookWarning(
  { id, name }: { readonly id: ConnectionId; readonly name: string },
  postAtMs: number,
  { store }: Pick<App, 'store'>,
): Promise<OutlookWarning | undefined> {
  const credential = await store.credentials.read(id);
  if (credential === undefined) return undefined;
  const outlook = outlookOf(credential, postAtMs);
  switch (outlook.kind) {
    case 'good':
      return undefined;
    case 'reauth_required':
      return {
        code: 'reauth_required',
        message: `The user of ${name} must consent again before anything can go out. Connect the account anew.`,
      };
    case 'revoked':
      return {
        code: 'revoked',
        message: `${name} was revoked, so nothing goes out. Connect the account anew, and it goes on.`,
      };
    case 'ends_before':
      return {
        code: 'ends_before_next_run',
        message: `The consent of ${name} ends at ${instant(outlook.endsAtMs)}, before the post at ${instant(postAtMs)}. Connect the account anew before then.`,
      };
    default:
      return assertNever(outlook);
  }
}

function instant(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16)}Z`;
}
