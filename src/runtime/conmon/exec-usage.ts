import { type Logger, messageOf } from "#foundation";
import type { CgroupVersion, Host } from "#host";

const timeoutMs = 10_000;

export interface UsageDeps {
  readonly host: Pick<Host, "processes">;
  readonly logger: Logger;
}

/** What a runtime says of how its `exec` is used; empty for one that does not. */
export async function readExecUsage({ host, logger }: UsageDeps, program: string): Promise<string> {
  try {
    const { exitCode, stdout } = await host.processes.run({ program, args: ["exec", "--help"] }, { timeoutMs });
    return exitCode === 0 ? stdout.toString("utf8") : "";
  } catch (error) {
    logger.warn("runtime does not say what its exec can do", { program, error: messageOf(error) });
    return "";
  }
}

/** Whether such an `exec` can put a command into a part of its container's cgroup: runc can since 1.1, crun on v2. */
export function dividesCgroups(usage: string, version: CgroupVersion): boolean {
  // On v1 it has to know how to name one hierarchy.
  return (version === "v1" ? /--cgroup\b.*<controller>/s : /--cgroup\b/).test(usage);
}
