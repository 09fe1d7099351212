// canary src/pod/good-rooms.ts: nothing
import path from "node:path";
import { Fault } from "#foundation";

/** A file with nothing to complain about: a gate that refuses it refuses everything. */
export function refuse(name: string): Fault {
  return new Fault("invalid", `read ${path.basename(name)}: refused`);
}
