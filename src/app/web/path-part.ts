/** One part of a path as it was meant; `undefined`: it decodes to nothing, and nothing is found under it. */
export function decodedPart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    // Anybody may ask for anything: `%` alone, or bytes that are no UTF-8.
    return undefined;
  }
}
