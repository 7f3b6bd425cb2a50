const INT8 = 20;
const INT2 = 21;
const INT4 = 23;
const FLOAT8 = 701;
const BYTEA = 17;

type Reader = (text: string) => number | string | Uint8Array;

/**
 * Columns as the rest of the store reads them, whatever the process has told the driver about types: whole numbers are
 * numbers (instants and counts are far below 2^53), bytes are plain bytes, and everything else is its text.
 */
export const COLUMN_TYPES = {
  getTypeParser(type: number): Reader {
    switch (type) {
      case INT8:
      case INT2:
      case INT4:
      case FLOAT8:
        return Number;
      case BYTEA:
        return readBytes;
      default:
        return (text) => text;
    }
  },
};

/** As in `\x00ff`, which is what PostgreSQL writes unless it was told otherwise. */
function readBytes(text: string): Uint8Array {
  if (!text.startsWith('\\x')) throw new TypeError('PostgreSQL writes bytes as "escape". Set bytea_output to hex.');
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}
