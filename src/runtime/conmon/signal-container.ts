import { runtimeFailed } from "../faults.ts";
import type { ContainerHandle } from "../types.ts";
import type { ConmonContext } from "./options.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";

const sigkill = 9;

/** Whether the container's first process is there, and is not another one of the same number. */
export function isInitAlive({ host }: ConmonContext, { init }: ContainerHandle): boolean {
  return host.processes.identify(init.pid)?.startTicks === init.startTicks;
}

/** Signals the first process by pidfd, which saves the 10 ms that the runtime program would take; or through the runtime. */
export async function killInit(context: ConmonContext, container: ContainerHandle, signal: number): Promise<boolean> {
  if (context.settings.signalling === "runtime") return killByRuntime(context, container, [String(signal)]);
  const watch = context.host.processes.watch(container.init);
  if (watch === undefined) return false;
  try {
    return watch.kill(signal);
  } finally {
    watch.close();
  }
}

/** Kills all that is in the container's cgroup: with a shared PID namespace others outlive the first process. */
export async function killAll(context: ConmonContext, container: ContainerHandle): Promise<void> {
  if (context.settings.signalling === "runtime") {
    await killByRuntime(context, container, ["--all", String(sigkill)]);
    return;
  }
  if (container.cgroupPath === "/") throw runtimeFailed(`kill ${container.id}`, "its cgroup is not known");
  await context.host.cgroups.kill(container.cgroupPath);
}

async function killByRuntime(
  context: ConmonContext,
  container: ContainerHandle,
  args: readonly string[],
): Promise<boolean> {
  if (!isInitAlive(context, container)) return false;
  const result = await runRuntime(context, ["kill", ...flagsFirst(args, container.id)]);
  if (result.exitCode !== 0 && !isInitAlive(context, container)) return false;
  assertSucceeded(`kill ${container.id}`, result);
  return true;
}

function flagsFirst(args: readonly string[], id: string): readonly string[] {
  const flags = args.filter((argument) => argument.startsWith("--"));
  return [...flags, id, ...args.filter((argument) => !flags.includes(argument))];
}
