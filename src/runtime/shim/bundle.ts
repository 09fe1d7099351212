import { basename } from "node:path";
import type { Host } from "#host";
import type { ShimState } from "#spec";
import { invalidField } from "../faults.ts";
import { locateCgroup } from "../spec/cgroup-path.ts";
import { serializeSpec } from "../spec/serialize-spec.ts";
import type { ContainerHandle, CreateRequest } from "../types.ts";
import { shimFailed } from "./faults.ts";
import { withPod } from "./pod-annotations.ts";
import { shimFiles } from "./shim-files.ts";

/** Shims clean up after their like in a directory that they name themselves: beside the one that they are started in, by the id. */
export function assertBundle({ id, bundleDirectory }: CreateRequest): void {
  if (basename(bundleDirectory) !== id) throw invalidField("bundle", `${bundleDirectory} is not named ${id}`);
}

/** Writes config.json, with what shims look for to know the pod that a container belongs to. */
export async function writeBundle(
  { files }: Pick<Host, "files">,
  { bundleDirectory, spec, pod, id }: CreateRequest,
): Promise<void> {
  await files.makeDirectory(bundleDirectory, { mode: 0o700 });
  // Holds the environment, and with it secrets.
  const text = serializeSpec(withPod(spec, pod, id));
  await files.write(shimFiles(bundleDirectory).config, text, { mode: 0o600 });
}

/** The handle of something that a shim runs, by the process that it named. */
export async function describeTask(
  host: Pick<Host, "processes" | "cgroups">,
  { id, bundleDirectory, spec }: CreateRequest,
  { pid, state }: { readonly pid: number; readonly state: ShimState },
): Promise<ContainerHandle> {
  const init = pid > 0 ? host.processes.identify(pid) : undefined;
  if (init === undefined) throw shimFailed("what stands for it", `the shim says process ${pid}, which there is not`);
  const found = await host.cgroups.of(pid);
  // A process that stands for a virtual machine is somewhere else, among others that are no concern of the container's.
  const cgroupPath = found.includes(id) ? found : (locateCgroup(spec.linux.cgroupsPath) ?? found);
  return { id, bundleDirectory, init, monitor: state.process, cgroupPath };
}
