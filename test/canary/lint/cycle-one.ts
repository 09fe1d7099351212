// canary src/pod/cycle-one.ts: import(no-cycle)
import { two } from "./cycle-two.ts";

export function one(): number {
  return two() - 1;
}
