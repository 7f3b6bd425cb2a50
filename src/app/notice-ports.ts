import type { NoticePorts } from '../notify/ports.ts';
import { addressRules } from '../notify/webhook/addresses.ts';
import type { App } from './open.ts';

/** What notices touch, of this process. Apart from what sends them: most commands only look. */
export function noticePorts({ store, vault, options }: App): NoticePorts {
  const { outside, publicUrl, notices = { addresses: addressRules([]), mail: undefined } } = options;
  return {
    ...outside,
    ...notices,
    notices: store.notices,
    connections: store.connections,
    posts: store.posts,
    home: store.home,
    vault,
    publicUrl,
  };
}
