/** Compares texts by their UTF-8 bytes. `<` compares UTF-16 units, which puts U+FFFD after U+1F600. */
export function compareBinary(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}
