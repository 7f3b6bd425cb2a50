import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { emlOf, sampleMails } from '../test/notify/sample-mails.ts';

/**
 * Writes every mail in both languages as a file that a mail program opens: `node scripts/mail-samples.mjs [FOLDER]`, by default
 * into a new temporary folder. `docs` instead renews the two samples of the documentation.
 */
const SAMPLES = new URL('../docs/samples/', import.meta.url).pathname;
const [wish] = process.argv.slice(2);
const isForDocs = wish === 'docs';
const folder = isForDocs ? SAMPLES : (wish ?? mkdtempSync(path.join(os.tmpdir(), 'kippu-mails-')));

mkdirSync(folder, { recursive: true });
for (const language of ['en', 'ja']) {
  for (const sample of sampleMails(language)) {
    if (isForDocs && sample.name !== 'reauth-required') continue;
    writeFileSync(path.join(folder, `${sample.name}.${language}.eml`), await emlOf(sample));
  }
}
console.log(folder);
