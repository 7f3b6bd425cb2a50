/** The providers that Kippu knows, for what may not reach into `providers/` itself. */
export { CATALOGUE } from '../providers/index.ts';
