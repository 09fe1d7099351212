import { Fault } from "./fault.ts";

/** Ends an exhaustive switch: reached only when a value breaks its own type. */
export function assertNever(value: never, what: string): never {
  throw new Fault("broken", `unexpected ${what}: ${JSON.stringify(value)}`);
}
