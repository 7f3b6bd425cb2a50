/** Whether a host name is this machine itself, for what may not reach into `providers/`. */
export { isLoopback } from '../providers/provider-app.ts';
