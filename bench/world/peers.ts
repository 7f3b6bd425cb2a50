/** A package that is installed for the bench alone: known here by what is used of it. */
export async function peer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}
