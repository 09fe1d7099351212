// canary src/pod/cycle-two.ts: import(no-cycle)
import { one } from "./cycle-one.ts";

export function two(): number {
  return one() + 1;
}
