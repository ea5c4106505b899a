/** A number from 0 up to 1 that depends on these whole numbers alone: the same tomorrow, on any machine. */
export function noise(...parts: number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ part, 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    hash ^= hash >>> 15;
  }
  return (hash >>> 0) / 2 ** 32;
}

/** A swing around 0, at most 1 either way. */
export function swing(...parts: number[]): number {
  return 2 * noise(...parts) - 1;
}
