import { misused } from "./faults.ts";

/**
 * Reads a flag's whole number.
 *
 * @throws Fault `invalid` for anything else
 */
export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(count)) {
    throw misused(`${JSON.stringify(text)} is not a whole number`);
  }
  return count;
}
