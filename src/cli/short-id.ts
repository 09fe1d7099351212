/** Digits of an id that tables show. */
const shownDigits = 13;

/** The beginning of an id or digest, without its algorithm. */
export function shortId(id: string): string {
  return id.replace(/^sha(?:256|384|512):/, "").slice(0, shownDigits);
}
