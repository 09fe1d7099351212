import { join } from "node:path";
import type { Host } from "#host";
import type { HandlerPolicy, HostDevice } from "#runtime";
import type { ContainerConfig } from "#spec";

/** Deepest directory below /dev that is looked into. */
const maxDepth = 4;

/**
 * The device nodes that a container's request may mean: those it names, what is
 * below the directories it names, and all of the machine's when it is privileged
 * and its handler does not hide them.
 */
export async function findDevices(
  host: Host,
  { devices, security }: ContainerConfig,
  { hidesHostDevices }: HandlerPolicy,
): Promise<readonly HostDevice[]> {
  const seesAll = security.isPrivileged && !hidesHostDevices;
  const paths = seesAll ? ["/dev", ...devices.map(({ hostPath }) => hostPath)] : devices.map((d) => d.hostPath);
  const found = await Promise.all(paths.map((path) => devicesBelow(host, path, maxDepth)));
  return found.flat();
}

async function devicesBelow(host: Host, path: string, depth: number): Promise<readonly HostDevice[]> {
  const stat = await host.files.stat(path);
  if (stat === undefined) return [];
  if (stat.kind === "directory") {
    if (depth === 0) return [];
    const names = await host.files.list(path);
    const below = await Promise.all(names.map((name) => devicesBelow(host, join(path, name), depth - 1)));
    return below.flat();
  }
  if (stat.deviceNumber === undefined) return [];
  const { type, major, minor } = stat.deviceNumber;
  const { mode, uid, gid } = stat;
  return [{ path, type: type === "block" ? "b" : "c", major, minor, mode, uid, gid }];
}
