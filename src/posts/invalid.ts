import { KippuError } from '../model/errors.ts';

/** Bad input: what is wrong with it and what to do instead; `where` is a JSON pointer, a header or a flag. */
export function invalid(message: string, where: string): KippuError {
  return new KippuError('invalid', message, { where });
}
