import { readFileSync } from 'node:fs';
import { packageFile } from '../model/package-files.ts';

/** Of the package that this file is part of, as sources or as published. */
export function version(): string {
  const manifest = JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}
