import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemRandom } from '../../src/app/ports/system-random.ts';

/** Bytes are drawn in stock: none may ever be given out twice, whoever asks for how many. */
describe('the chance of the machine', () => {
  it('gives as many bytes as were asked for, also across the end of its stock', () => {
    for (const count of [0, 1, 12, 20, 255, 256, 257, 5000]) assert.equal(systemRandom.bytes(count).length, count);
  });

  it('gives nothing twice', () => {
    const seen = new Set(Array.from({ length: 10_000 }, () => Buffer.from(systemRandom.bytes(12)).toString('hex')));
    assert.equal(seen.size, 10_000);
  });

  it('gives bytes that are all drawn, to the end of the stock', () => {
    const ones = Array.from({ length: 8 }, () => 0);
    for (let drawn = 0; drawn < 4000; drawn += 1) {
      for (const byte of systemRandom.bytes(13)) for (let bit = 0; bit < 8; bit += 1) ones[bit]! += (byte >> bit) & 1;
    }
    // Half of 52,000, and ten standard deviations to each side.
    for (const count of ones) assert.ok(Math.abs(count - 26_000) < 1140, `${count} of 52,000 bits are set`);
  });

  it('keeps nothing of what it gave out, and gives nothing that somebody else can change', () => {
    const first = systemRandom.bytes(16);
    assert.equal(first.buffer.byteLength, 16, 'a view of the stock would show what others get');
    const copy = Buffer.from(first);
    systemRandom.bytes(16).fill(0);
    assert.ok(copy.equals(first));
  });
});
