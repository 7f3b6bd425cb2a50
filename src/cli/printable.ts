/**
 * Text from elsewhere (a handle, a post, a provider's error) for a terminal: a control character in it could move the
 * cursor, or write what was never there.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').replace(/[\u202a-\u202e\u2066-\u2069]/g, '');
}
