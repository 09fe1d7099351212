import { Fault } from "#foundation";
import { parseCapabilitySet } from "./capabilities.ts";

/** The sets of /proc/self/status that bound what a container can be given. */
export interface OwnCapabilities {
  readonly bounding: ReadonlySet<string>;
  readonly effective: ReadonlySet<string>;
}

/** Reads the capability sets out of /proc/PID/status. @throws Fault `broken` when they are not there */
export function parseStatusCapabilities(text: string): OwnCapabilities {
  return { bounding: setNamed(text, "CapBnd"), effective: setNamed(text, "CapEff") };
}

function setNamed(text: string, name: string): ReadonlySet<string> {
  const hex = new RegExp(`^${name}:\\s*([0-9a-fA-F]+)$`, "m").exec(text)?.[1];
  if (hex === undefined) throw new Fault("broken", `read own capabilities: no ${name} in the process's status`);
  return parseCapabilitySet(hex);
}
