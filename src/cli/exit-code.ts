import type { FaultKind } from "#foundation";

/** What the shell gets for each kind of fault: the one table. 0 is success; `exec --sync` gives the command's own code. */
export const exitCodeOfKind: Readonly<Record<FaultKind, number>> = {
  broken: 1,
  invalid: 2,
  "not-found": 3,
  exists: 4,
  "wrong-state": 5,
  busy: 6,
  exhausted: 7,
  unavailable: 8,
  denied: 9,
  unsupported: 10,
  "timed-out": 11,
  canceled: 130, // as shells have it for a command that Ctrl-C ended
};
