/** How a time to publish at is read, for what may not reach into `posts/` itself. */
export { parsePublishTime } from '../posts/time.ts';
