/**
 * A QR code of a short text (ISO/IEC 18004): bytes, error correction level L, versions 1 to 5, whose data are one block.
 * That is enough for an address of 106 bytes, and small enough to read; it saves a dependency for one line of output.
 */
export type QrCode = readonly (readonly boolean[])[];

/** By version, from 1: how many bytes of data and of error correction. */
const CAPACITIES = [
  { data: 19, correction: 7 },
  { data: 34, correction: 10 },
  { data: 55, correction: 15 },
  { data: 80, correction: 20 },
  { data: 108, correction: 26 },
] as const;

/** Mode and length take twelve bits. */
const OVERHEAD_BYTES = 2;

/** The dark modules by row; without the light margin. `undefined`: the text is too long for these versions. */
export function qrCode(text: string): QrCode | undefined {
  const bytes = new TextEncoder().encode(text);
  const index = CAPACITIES.findIndex(({ data }) => bytes.length + OVERHEAD_BYTES <= data);
  const capacity = CAPACITIES[index];
  if (capacity === undefined) return undefined;
  const data = dataOf(bytes, capacity.data);
  const codewords = [...data, ...correctionOf(data, capacity.correction)];
  const drawings = MASKS.map((mask, number) => draw(index + 1, codewords, { mask, number }));
  return drawings.reduce((best, other) => (penaltyOf(other) < penaltyOf(best) ? other : best));
}

/** Mode 0100, an eight-bit length, the bytes, a terminator, and padding to the end. */
function dataOf(bytes: Uint8Array, length: number): number[] {
  const nibbles = [4, bytes.length >> 4, bytes.length & 15, ...[...bytes].flatMap((byte) => [byte >> 4, byte & 15]), 0];
  const data: number[] = [];
  for (let at = 0; at < nibbles.length; at += 2) data.push(((nibbles[at] ?? 0) << 4) | (nibbles[at + 1] ?? 0));
  for (let pad = 0xec; data.length < length; pad ^= 0xec ^ 0x11) data.push(pad);
  return data;
}

/** Reed-Solomon over GF(256) with the polynomial 0x11d: the remainder of the data by the generator. */
function correctionOf(data: readonly number[], length: number): number[] {
  const generator = generatorOf(length);
  const remainder = Array.from({ length }, () => 0);
  for (const byte of data) {
    const factor = byte ^ (remainder.shift() ?? 0);
    remainder.push(0);
    for (const [at, coefficient] of generator.entries())
      remainder[at] = (remainder[at] ?? 0) ^ product(coefficient, factor);
  }
  return remainder;
}

/** (x - 1)(x - 2)(x - 4)…, without the leading 1. */
function generatorOf(degree: number): number[] {
  const generator = Array.from({ length: degree }, (_, at): number => (at === degree - 1 ? 1 : 0));
  let root = 1;
  for (let count = 0; count < degree; count += 1) {
    for (let at = 0; at < degree; at += 1) generator[at] = product(generator[at] ?? 0, root) ^ (generator[at + 1] ?? 0);
    root = product(root, 2);
  }
  return generator;
}

function product(one: number, other: number): number {
  let result = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    result = (result << 1) ^ ((result >> 7) * 0x11d);
    result ^= ((other >> bit) & 1) * one;
  }
  return result;
}

type Mask = (row: number, column: number) => boolean;

const MASKS: readonly Mask[] = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

function draw(
  version: number,
  codewords: readonly number[],
  { mask, number }: { readonly mask: Mask; readonly number: number },
): boolean[][] {
  const size = 17 + 4 * version;
  const drawing = new Drawing(size);
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const)
    drawing.finder(row, column);
  for (let at = 8; at < size - 8; at += 1) {
    drawing.set(6, at, at % 2 === 0);
    drawing.set(at, 6, at % 2 === 0);
  }
  if (version > 1) drawing.alignment(size - 7);
  drawing.format(formatOf(number));
  drawing.data(codewords, mask);
  return drawing.rows.map((row) => row.map((module) => module === true));
}

/** Level L and the mask, with ten bits of correction, and a pattern over it that is never all light. */
function formatOf(mask: number): number {
  const bits = (0b01 << 3) | mask;
  let remainder = bits;
  for (let step = 0; step < 10; step += 1) remainder = (remainder << 1) ^ ((remainder >> 9) * 0x537);
  return ((bits << 10) | remainder) ^ 0x5412;
}

/** Modules as they are placed: what no pattern takes is left for the data. */
class Drawing {
  readonly rows: (boolean | undefined)[][];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    this.rows = Array.from({ length: size }, () => Array.from({ length: size }, () => undefined));
  }

  set(row: number, column: number, isDark: boolean): void {
    const modules = this.rows[row];
    if (modules !== undefined && column >= 0 && column < this.#size) modules[column] = isDark;
  }

  /** One of the three big squares, with its light border. */
  finder(row: number, column: number): void {
    for (let down = -4; down <= 4; down += 1)
      for (let across = -4; across <= 4; across += 1) {
        const distance = Math.max(Math.abs(down), Math.abs(across));
        this.set(row + down, column + across, distance !== 2 && distance !== 4);
      }
  }

  alignment(at: number): void {
    for (let down = -2; down <= 2; down += 1)
      for (let across = -2; across <= 2; across += 1)
        this.set(at + down, at + across, Math.max(Math.abs(down), Math.abs(across)) !== 1);
  }

  /** Twice: around the upper left square, and beside the other two. */
  format(bits: number): void {
    for (let bit = 0; bit < 15; bit += 1) {
      const isDark = ((bits >> bit) & 1) === 1;
      const near = bit < 6 ? bit : bit < 8 ? bit + 1 : bit === 8 ? 7 : 14 - bit;
      if (bit < 8) this.set(near, 8, isDark);
      else this.set(8, near, isDark);
      if (bit < 8) this.set(8, this.#size - 1 - bit, isDark);
      else this.set(this.#size - 15 + bit, 8, isDark);
    }
    this.set(this.#size - 8, 8, true);
  }

  /** In columns of two, from the lower right corner up and down again, around everything that is there. */
  data(codewords: readonly number[], mask: Mask): void {
    let bit = 0;
    for (let right = this.#size - 1; right > 0; right -= right === 8 ? 3 : 2) {
      const isUpward = ((right + (right < 6 ? 1 : 0)) & 2) === ((this.#size - 1) & 2);
      for (let step = 0; step < this.#size; step += 1) {
        const row = isUpward ? this.#size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (this.rows[row]?.[column] !== undefined) continue;
          const isSet = (((codewords[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
          this.set(row, column, isSet !== mask(row, column));
          bit += 1;
        }
      }
    }
  }
}

/** How hard a drawing is to read: runs, blocks, what looks like a finder, and too much of one colour. */
function penaltyOf(drawing: QrCode): number {
  const columns = drawing.map((_, at) => drawing.map((row) => row[at] === true));
  const lines = [...drawing, ...columns];
  const dark = drawing.flat().filter(Boolean).length;
  const share = (dark * 100) / drawing.length ** 2;
  return (
    lines.reduce((sum, line) => sum + lineFaults(line), 0) +
    blockFaults(drawing) +
    Math.floor(Math.abs(share - 50) / 5) * 10
  );
}

function lineFaults(line: readonly boolean[]): number {
  const text = line.map((isDark) => (isDark ? '1' : '0')).join('');
  const runs = text.match(/1{5,}|0{5,}/g) ?? [];
  const finders = [...text.matchAll(/(?=10111010000|00001011101)/g)];
  return runs.reduce((sum, run) => sum + run.length - 2, 0) + finders.length * 40;
}

function blockFaults(drawing: QrCode): number {
  let faults = 0;
  for (const [at, row] of drawing.entries()) {
    const next = drawing[at + 1];
    if (next === undefined) break;
    for (let column = 0; column + 1 < row.length; column += 1) {
      const four = [row[column], row[column + 1], next[column], next[column + 1]];
      if (four.every((module) => module === four[0])) faults += 3;
    }
  }
  return faults;
}
