import { Fault } from "#foundation";
import { chooseLabels } from "#runtime";
import type { ContainerConfig } from "#spec";
import type { PodContext } from "../context.ts";
import { fieldInvalid } from "../faults.ts";

/** Trees of the node that no pod may take for itself: with another label its own programs could not use them. */
const neverRelabelled: ReadonlySet<string> = new Set(
  ["", "bin", "boot", "dev", "etc", "home", "lib", "lib64", "opt", "proc", "root", "run", "sbin", "srv"]
    .concat(["sys", "tmp", "usr", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "var", "var/lib", "var/log"])
    .map((path) => `/${path}`),
);

/**
 * Gives the volumes that ask for it the label that the container's files have.
 *
 * Done by a child process, as all that touches a path of the user's. Without SELinux there are no labels, and a
 * container that runs under none has none to give.
 *
 * @throws Fault `invalid` for a path that all of the node uses, `broken` with what chcon says, `timed-out`
 */
export async function relabelVolumes(context: PodContext, { mounts, security }: ContainerConfig): Promise<void> {
  const { host, kernel, options } = context;
  const asked = mounts.filter(({ selinuxRelabel, hostPath }) => selinuxRelabel && hostPath !== "");
  if (!kernel.hasSelinux || asked.length === 0) return;
  const { mountLabel } = chooseLabels(security, kernel);
  if (mountLabel === undefined) return;
  for (const { hostPath } of asked) {
    const path = hostPath.replace(/(?<=.)\/+$/, "");
    if (neverRelabelled.has(path)) throw fieldInvalid("mounts.selinux_relabel", `${path} is used by the whole node`);
    const command = { program: "chcon", args: ["-R", "--", mountLabel, path] };
    const result = await host.processes.run(command, { timeoutMs: options.volumeTimeoutMs });
    if (result.timedOut) throw new Fault("timed-out", `relabel ${path}: no end in ${options.volumeTimeoutMs / 1000} s`);
    if (result.exitCode !== 0) throw new Fault("broken", `relabel ${path}: ${result.stderr.toString().trim()}`);
  }
}
