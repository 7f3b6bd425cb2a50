/** Each number once: a refresh token works once, so every renewal needs a connection that had none yet. */
export class Numbers {
  readonly #count: number;
  #next = 0;

  constructor(count: number) {
    this.#count = count;
  }

  next(): number {
    if (this.#next === this.#count) throw new RangeError(`All ${this.#count} connections have been renewed.`);
    this.#next += 1;
    return this.#next - 1;
  }
}
