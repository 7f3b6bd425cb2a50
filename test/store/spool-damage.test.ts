import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { settlement } from './settlements.ts';
import { keepMany, newDirectory, open, versions, waiting } from './spool-world.ts';

test("an entry in which any byte was altered is reported and stays, unless the byte is the acknowledgement's", () => {
  const spool = open();
  const { file } = spool.keep(settlement(1, new Uint8Array(40).fill(3)));
  const whole = readFileSync(file);
  for (let at = 0; at < 80 + whole.readUInt32BE(12); at += 1) {
    const altered = Buffer.from(whole);
    altered[at] = (altered[at] ?? 0) ^ 0x20;
    writeFileSync(file, altered);
    const isAcknowledgement = at >= 32 && at < 48;
    assert.deepEqual(waiting(spool), isAcknowledgement ? [1] : [], `byte ${at}`);
    assert.deepEqual(spool.damaged(), isAcknowledgement ? [] : [file], `byte ${at}`);
  }
  spool.tidy();
  assert.deepEqual(readdirSync(join(file, '..')), [basename(file)]);
});

test('an entry cut off at any length is reported and stays', () => {
  const spool = open();
  const { file } = spool.keep(settlement(1, new Uint8Array(40).fill(3)));
  const whole = readFileSync(file);
  for (let length = 1; length < 80 + whole.readUInt32BE(12); length += 1) {
    writeFileSync(file, whole.subarray(0, length));
    assert.deepEqual([spool.entries(), spool.damaged()], [[], [file]], `cut to ${length} bytes`);
  }
});

test('one damaged entry does not hide the others', () => {
  const spool = open();
  const [one] = keepMany(spool, 1, 3);
  assert.ok(one);
  writeFileSync(one.file, 'KIPPUspl but nothing else of it');
  assert.deepEqual([versions(spool), spool.damaged()], [[2, 3], [one.file]]);
});

test('an entry of a newer format is reported, not guessed at, and stays', () => {
  const spool = open();
  const { file } = spool.keep(settlement(1));
  const newer = readFileSync(file);
  newer.writeUInt32BE(2, 8);
  writeFileSync(file, newer);
  assert.deepEqual([spool.entries(), spool.damaged()], [[], [file]]);
});

test('what has the name of an entry and cannot be read is reported and hides no other', () => {
  const directory = newDirectory();
  const spool = open({ directory });
  spool.keep(settlement(1));
  const unreadable = join(directory, `p1.${'x'.repeat(22)}.spool`);
  mkdirSync(unreadable);
  assert.deepEqual([versions(spool), spool.damaged()], [[1], [unreadable]]);
});

test("files that are not the spool's are left alone", () => {
  const directory = newDirectory();
  const spool = open({ directory });
  for (const name of ['lost+found', '.DS_Store', 'p1.spool', 'p1.tooshort.spool'])
    writeFileSync(join(directory, name), 'x');
  spool.keep(settlement(1));
  spool.tidy();
  assert.deepEqual([versions(spool), spool.damaged(), readdirSync(directory).length], [[1], [], 5]);
});
