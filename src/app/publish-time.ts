/** How a time to publish at is read, for what may not reach into `posts/` itself. */
export { parsePublishTime, type PublishTime } from '../posts/time.ts';
