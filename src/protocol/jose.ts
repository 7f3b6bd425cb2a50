import type * as Jose from 'jose';

/** Loaded at first use: most renewals neither sign nor check a signature, and it is a good part of what a start loads. */
export function jose(): Promise<typeof Jose> {
  return import('jose');
}
