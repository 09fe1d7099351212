import { decodePressure, type Pressure } from "#spec";

/** Reads a control file of one cgroup, in the hierarchy that has the controller; empty when there is none. */
export type ReadControl = (controller: string, file: string) => string;

export type PressuredResource = "cpu" | "memory" | "io";

/** A pressure file; undefined where the kernel has none. */
export function readPressure(read: ReadControl, resource: PressuredResource): Pressure | undefined {
  return decodePressure(read(resource, `${resource}.pressure`));
}
