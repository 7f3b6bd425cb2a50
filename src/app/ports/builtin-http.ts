import type http from 'node:http';
import process from 'node:process';
import type tls from 'node:tls';

/**
 * Node's `http`, without what an `import` of it brings: that evaluates all of its exports, one of which is the whole of
 * `fetch`. A command that sends nothing, or little, would wait for that longer than for its own work.
 */
export function builtinHttp(): typeof http {
  return process.getBuiltinModule('node:http');
}

/** Node's `tls`, at the first connection that needs it: loading it takes a tenth of what a short command takes. */
export function builtinTls(): typeof tls {
  return process.getBuiltinModule('node:tls');
}
