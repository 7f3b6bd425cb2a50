import type http from 'node:http';
import process from 'node:process';

/**
 * Node's `http`, without what an `import` of it brings: that evaluates all of its exports, one of which is the whole of
 * `fetch`. A command that sends nothing, or little, would wait for that longer than for its own work.
 */
export function builtinHttp(): typeof http {
  return process.getBuiltinModule('node:http');
}
