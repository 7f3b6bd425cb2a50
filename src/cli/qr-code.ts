import { encode } from 'uqr';

/** The dark modules by row; without the light margin. */
export type QrCode = readonly (readonly boolean[])[];

/** More would be too large to be read from a terminal. */
const BYTES_MAX = 106;
const VERSION_MAX = 5;

/** A QR code of a short text (ISO/IEC 18004), error correction level L. `undefined`: the text is too long for that. */
export function qrCode(text: string): QrCode | undefined {
  const bytes = [...new TextEncoder().encode(text)];
  if (bytes.length > BYTES_MAX) return undefined;
  return encode(bytes, { ecc: 'L', boostEcc: false, border: 0, maxVersion: VERSION_MAX }).data;
}
