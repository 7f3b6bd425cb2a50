/** Ends a `switch` over a union: a new member that nobody handled does not compile. */
export function assertNever(value: never): never {
  throw new TypeError(
    `A case that nobody handled: ${JSON.stringify(value)}. This is a defect in Kippu; please report it.`,
  );
}
