import { type Logger, messageOf } from "#foundation";
import type { CgroupVersion, Host } from "#host";

const timeoutMs = 10_000;

export interface UsageDeps {
  readonly host: Pick<Host, "processes">;
  readonly logger: Logger;
}

/**
 * How a command of a runtime is used; undefined where it has none of that name, or does not say.
 *
 * @param question the words that ask it: `exec --help`, or `help exec` for runtimes that take the former as a mistake
 */
export async function readUsage(
  { host, logger }: UsageDeps,
  program: string,
  question: readonly string[],
): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await host.processes.run({ program, args: question }, { timeoutMs });
    return exitCode === 0 ? stdout.toString("utf8") : undefined;
  } catch (error) {
    logger.warn("runtime does not say what it can do", { program, question, error: messageOf(error) });
    return undefined;
  }
}

/** Whether an `exec` that is used so can put a command into a part of its container's cgroup: runc's can since 1.1, crun's on v2. */
export function dividesCgroups(usage: string | undefined, version: CgroupVersion): boolean {
  // On v1 it has to know how to name one hierarchy.
  return (version === "v1" ? /--cgroup\b.*<controller>/s : /--cgroup\b/).test(usage ?? "");
}

/**
 * Whether an `exec` that is used so says which process a command became in a kernel of its own, as gVisor's runsc does.
 *
 * @see https://github.com/google/gvisor/blob/release-20221219.0/runsc/cmd/exec.go
 */
export function tellsGuestPid(usage: string | undefined): boolean {
  return /-internal-pid-file\b/.test(usage ?? "");
}
