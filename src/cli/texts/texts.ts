import type { en } from './en.ts';

/** Everything that the command line says, in one language. */
export type Texts = typeof en;
