import { styleFor } from './style.ts';
import { qrCode } from './qr-code.ts';

/** Light modules around the code, without which readers do not find it. */
const MARGIN = 2;
/** Black on white, whatever the terminal's own colours are. */
const BLACK_ON_WHITE = '\u001b[30;107m';
const RESET = '\u001b[0m';

/** A QR code of half blocks, two rows a line. `undefined`: nobody sees it, the terminal has no colours, or the text is too long. */
export function drawQrCode(
  text: string,
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const isPlain = styleFor(stream, environment).bold('x') === 'x';
  const code = isPlain ? undefined : qrCode(text);
  if (code === undefined || code.length + 2 * MARGIN > (stream.columns ?? 80)) return undefined;
  const isDark = (row: number, column: number): boolean => code[row]?.[column] === true;
  const lines: string[] = [];
  for (let row = -MARGIN; row < code.length + MARGIN; row += 2) {
    const columns = Array.from({ length: code.length + 2 * MARGIN }, (_, at) => at - MARGIN);
    const blocks = columns.map((column) => HALVES[(isDark(row, column) ? 2 : 0) + (isDark(row + 1, column) ? 1 : 0)]);
    lines.push(`  ${BLACK_ON_WHITE}${blocks.join('')}${RESET}`);
  }
  return lines.join('\n');
}

/** Neither, the lower, the upper, both. */
const HALVES = [' ', '▄', '▀', '█'] as const;
