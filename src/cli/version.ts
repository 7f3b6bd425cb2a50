import { readFileSync } from 'node:fs';

/** Of the package that this file is part of, as sources or as published. */
export function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
