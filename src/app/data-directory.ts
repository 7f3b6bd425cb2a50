/** The data directory, for what may not reach into `store/` itself. */
export { openDataDirectory, type ServerRecord } from '../store/data-directory.ts';
