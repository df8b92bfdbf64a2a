/** From 0 up to but not including 1. */
export type Random = () => number;

/** Random numbers that come out the same for the same seed (mulberry32). Never for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** So many hexadecimal digits. */
export function randomHex(random: Random, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** A UUID of version 4. */
export function randomUuid(random: Random): string {
  const variant = '89ab'.charAt(Math.floor(random() * 4));
  const parts = [8, 4, 3, 3, 12].map((digits) => randomHex(random, digits));
  return `${parts[0]}-${parts[1]}-4${parts[2]}-${variant}${parts[3]}-${parts[4]}`;
}
