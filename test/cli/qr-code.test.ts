import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qrCode, type QrCode } from '../../src/cli/qr-code.ts';

for (const [text, size] of [
  ['https://github.com/login/device', 25],
  ['a', 21],
  ['x'.repeat(17), 21],
  ['x'.repeat(18), 25],
  ['http://127.0.0.1:4181/login/device?code=WDJB', 29],
  ['y'.repeat(78), 33],
  ['切符'.repeat(17), 37],
] as const) {
  test(`a text of ${Buffer.byteLength(text)} bytes reads back from ${size} rows`, () => {
    const code = qrCode(text);
    assert.ok(code !== undefined);
    assert.equal(code.length, size);
    assert.equal(read(code), text);
  });
}

test('a text that is too long for it is refused, and not cut', () => {
  assert.notEqual(qrCode('z'.repeat(106)), undefined);
  assert.equal(qrCode('z'.repeat(107)), undefined);
});

test('the format is right twice, with its correction, and the dark module is there', () => {
  for (const text of ['a', 'b', 'c', 'https://github.com/login/device', 'd'.repeat(100)]) {
    const code = qrCode(text) ?? [];
    const [near, far] = formats(code);
    assert.equal(near, far);
    assert.ok(FORMATS_OF_LEVEL_L.includes(near), near.toString(2));
    assert.equal(code[code.length - 8]?.[8], true);
  }
});

/** From the table of ISO/IEC 18004, annex C: level L, masks 0 to 7. */
const FORMATS_OF_LEVEL_L = [
  0b111011111000100, 0b111001011110011, 0b111110110101010, 0b111100010011101, 0b110011000101111, 0b110001100011000,
  0b110110001000001, 0b110100101110110,
];

/** A reader of its own: format, mask, modules in their order, bytes. It corrects nothing, so every module must be right. */
function read(code: QrCode): string {
  const size = code.length;
  const mask = FORMATS_OF_LEVEL_L.indexOf(formats(code)[0]);
  const bits: number[] = [];
  let isUpward = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right -= 1;
    const rows = Array.from({ length: size }, (_, row) => (isUpward ? size - 1 - row : row));
    for (const row of rows)
      for (const column of [right, right - 1])
        if (!isReserved(row, column, size)) bits.push(Number(code[row]?.[column] !== isMasked(mask, row, column)));
    isUpward = !isUpward;
  }
  const number = (from: number, length: number): number => Number.parseInt(bits.slice(from, from + length).join(''), 2);
  assert.equal(number(0, 4), 4, 'byte mode');
  const bytes = Array.from({ length: number(4, 8) }, (_, at) => number(12 + at * 8, 8));
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function isReserved(row: number, column: number, size: number): boolean {
  const isFinder = (row < 9 && column < 9) || (row < 9 && column >= size - 8) || (row >= size - 8 && column < 9);
  const middle = size - 7;
  const isAlignment = size > 21 && Math.abs(row - middle) <= 2 && Math.abs(column - middle) <= 2;
  return isFinder || isAlignment || row === 6 || column === 6;
}

function isMasked(mask: number, i: number, j: number): boolean {
  const zero = [
    (i + j) % 2,
    i % 2,
    j % 3,
    (i + j) % 3,
    (Math.floor(i / 2) + Math.floor(j / 3)) % 2,
    ((i * j) % 2) + ((i * j) % 3),
    (((i * j) % 2) + ((i * j) % 3)) % 2,
    (((i + j) % 2) + ((i * j) % 3)) % 2,
  ][mask];
  return zero === 0;
}

/** The fifteen bits beside the upper left square, and the other copy of them; the highest first. */
function formats(code: QrCode): readonly [number, number] {
  const last = code.length - 1;
  const near = [
    [8, 0],
    [8, 1],
    [8, 2],
    [8, 3],
    [8, 4],
    [8, 5],
    [8, 7],
    [8, 8],
    [7, 8],
    [5, 8],
    [4, 8],
    [3, 8],
    [2, 8],
    [1, 8],
    [0, 8],
  ];
  const far = [
    ...Array.from({ length: 7 }, (_, at) => [last - at, 8]),
    ...Array.from({ length: 8 }, (_, at) => [8, last - 7 + at]),
  ];
  const bits = (places: readonly (readonly number[])[]): number =>
    Number.parseInt(places.map(([row = 0, column = 0]) => Number(code[row]?.[column] === true)).join(''), 2);
  return [bits(near), bits(far)];
}
