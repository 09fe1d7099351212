import { type Logger, messageOf } from "#foundation";
import type { CgroupVersion, Host } from "#host";

const timeoutMs = 10_000;

export interface UsageDeps {
  readonly host: Pick<Host, "processes">;
  readonly logger: Logger;
}

/** How a command of a runtime is used; undefined where it has none of that name, or does not say. */
export async function readUsage(
  { host, logger }: UsageDeps,
  program: string,
  command: string,
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await host.processes.run({ program, args: [command, "--help"] }, { timeoutMs });
    return exitCode === 0 ? stdout.toString("utf8") : undefined;
  } catch (error) {
    logger.warn("runtime does not say what it can do", { program, command, error: messageOf(error) });
    return undefined;
  }
}

/** Whether an `exec` that is used so can put a command into a part of its container's cgroup: runc's can since 1.1, crun's on v2. */
export function dividesCgroups(usage: string | undefined, version: CgroupVersion): boolean {
  // On v1 it has to know how to name one hierarchy.
  return (version === "v1" ? /--cgroup\b.*<controller>/s : /--cgroup\b/).test(usage ?? "");
}
