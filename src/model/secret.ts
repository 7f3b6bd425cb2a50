import { inspect } from 'node:util';

/**
 * A value that must never be printed: a token, a code, a verifier, a client secret, a key.
 *
 * Every way JavaScript has of turning an object into text gives `[secret]`; the only way in is {@link Secret.reveal},
 * which appears in `protocol/`, `vault/`, `session/`, `notify/` and the one use case that hands a token out.
 *
 * @example
 * ```ts
 * import { Secret } from 'kippu';
 * const token = new Secret('abc');
 * console.log(`${token}`, JSON.stringify({ token })); // [secret] {"token":"[secret]"}
 * ```
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. The caller takes over the duty of not printing it. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
