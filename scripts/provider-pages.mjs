import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { handWritten, providerPages } from './provider-pages/pages.mjs';

/**
 * Writes `docs/providers/` from the providers' data: `node scripts/provider-pages.mjs`. What is to be said besides is
 * written by hand in `docs/providers/notes/`; a page that was written by hand as a whole is moved there first.
 */
const folder = fileURLToPath(new URL('../docs/providers/', import.meta.url));
mkdirSync(`${folder}notes`, { recursive: true });
for (const [name, text] of handWritten()) writeFileSync(folder + name, text);
for (const [name, text] of providerPages()) writeFileSync(folder + name, text);
