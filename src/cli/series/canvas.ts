/** Braille has two by four dots in one column; ASCII has one sign, for terminals and pipes of which nothing is known. */
export type CanvasSigns = 'braille' | 'ascii';

export interface Spot {
  readonly x: number;
  readonly y: number;
}

/** The dots of a Braille sign, by row and column, as bits above U+2800. */
const BRAILLE = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE_BASE = 0x2800;

const MARK = 2;
const JOINT = 1;
const ASCII = [' ', '.', '*'] as const;

/** Dots on columns and rows of text. `y` counts from above. */
export class Canvas {
  /** In dots. */
  readonly width: number;
  /** In dots. */
  readonly height: number;
  readonly #signs: CanvasSigns;
  readonly #dots: Uint8Array;

  constructor({
    columns,
    rows,
    signs,
  }: {
    readonly columns: number;
    readonly rows: number;
    readonly signs: CanvasSigns;
  }) {
    this.#signs = signs;
    this.width = signs === 'braille' ? columns * 2 : columns;
    this.height = signs === 'braille' ? rows * 4 : rows;
    this.#dots = new Uint8Array(this.width * this.height);
  }

  mark(spot: Spot): void {
    this.#put(spot, MARK);
  }

  /** The straight line from one spot to another (Bresenham's). */
  join(from: Spot, to: Spot): void {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
    for (let step = 1; step < steps; step += 1) {
      const x = Math.round(from.x + ((to.x - from.x) * step) / steps);
      this.#put({ x, y: Math.round(from.y + ((to.y - from.y) * step) / steps) }, JOINT);
    }
  }

  lines(): readonly string[] {
    const [across, down] = this.#signs === 'braille' ? [2, 4] : [1, 1];
    return Array.from({ length: this.height / down }, (_, row) =>
      Array.from({ length: this.width / across }, (__, column) => this.#sign(column, row)).join(''),
    );
  }

  #put({ x, y }: Spot, dot: number): void {
    const at = y * this.width + x;
    this.#dots[at] = Math.max(dot, this.#dots[at] ?? 0);
  }

  #sign(column: number, row: number): string {
    if (this.#signs === 'ascii') return ASCII[this.#dots[row * this.width + column] ?? 0] ?? ' ';
    let bits = 0;
    BRAILLE.forEach((pair, y) => {
      pair.forEach((bit, x) => {
        if ((this.#dots[(row * 4 + y) * this.width + column * 2 + x] ?? 0) > 0) bits |= bit;
      });
    });
    return bits === 0 ? ' ' : String.fromCodePoint(BRAILLE_BASE + bits);
  }
}
