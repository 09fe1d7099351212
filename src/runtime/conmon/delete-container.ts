import { join } from "node:path";
import { decodeProcessIdentity, decodeRuntimeStatus } from "#spec";
import { wrongState } from "../faults.ts";
import type { CallOptions, ContainerRef, RuntimeState } from "../types.ts";
import { bundleFiles } from "./bundle-files.ts";
import type { ConmonContext } from "./options.ts";
import { assertSucceeded, runRuntime } from "./runtime-command.ts";

const sigkill = 9;
const states: ReadonlySet<string> = new Set<RuntimeState>(["creating", "created", "running", "paused", "stopped"]);

/** Removes the runtime's state of a container and its monitor; see `ContainerLifecycle.delete`. */
export async function deleteContainer(
  context: ConmonContext,
  container: ContainerRef,
  options: CallOptions & { readonly isForced?: boolean },
): Promise<void> {
  const { isForced = false } = options;
  let wasDeleted = false;
  if (await isKnown(context, container)) {
    const result = await runRuntime(context, ["delete", ...(isForced ? ["--force"] : []), container.id], options);
    wasDeleted = result.exitCode === 0;
    if (!wasDeleted && (await isKnown(context, container))) {
      const state = await inspectContainer(context, container, options);
      if (state === "running" || state === "paused") throw wrongState("delete", container.id, `it is ${state}`);
      assertSucceeded(`delete ${container.id}`, result);
    }
  }
  if (!isForced) return;
  await killMonitor(context, container);
  if (!wasDeleted) await removeLocks(context, container);
  await context.logs.end(container);
}

/** What the runtime knows of a container. */
export async function inspectContainer(
  context: ConmonContext,
  container: ContainerRef,
  options: CallOptions,
): Promise<RuntimeState> {
  if (!(await isKnown(context, container))) return "missing";
  const result = await runRuntime(context, ["state", container.id], options);
  if (result.exitCode !== 0 && !(await isKnown(context, container))) return "missing";
  assertSucceeded(`inspect ${container.id}`, result);
  const status = decodeRuntimeStatus(result.stdout.toString("utf8"));
  return status !== undefined && states.has(status) ? (status as RuntimeState) : "stopped";
}

/**
 * Runtimes keep a directory for each container, or files whose names begin with its id, as runsc does; looking for them
 * saves starting the program, and reading its messages.
 */
async function isKnown({ host, settings }: ConmonContext, { id }: ContainerRef): Promise<boolean> {
  const { runtimeRoot } = settings;
  if ((await host.files.stat(join(runtimeRoot, id))) !== undefined) return true;
  return (await listFilesOf({ host, settings }, id)).some((name) => name.endsWith(".state"));
}

/** Names of the files that are a container's by their beginning. */
async function listFilesOf(
  { host, settings }: Pick<ConmonContext, "host" | "settings">,
  id: string,
): Promise<readonly string[]> {
  const { runtimeRoot } = settings;
  if ((await host.files.stat(runtimeRoot)) === undefined) return [];
  return (await host.files.list(runtimeRoot)).filter((name) => name.startsWith(`${id}_`));
}

/** A runsc that was killed before it had written what it knows leaves a lock, which means nothing. */
async function removeLocks({ host, settings }: ConmonContext, { id }: ContainerRef): Promise<void> {
  const names = await listFilesOf({ host, settings }, id);
  // Whoever has more than a lock still has use for it.
  if (!names.every((name) => name.endsWith(".lock"))) return;
  await Promise.all(names.map((name) => host.files.remove(join(settings.runtimeRoot, name))));
}

/** A monitor ends with its container; one that still waits for a runtime that hangs would make the container after all. */
async function killMonitor({ host }: ConmonContext, { bundleDirectory }: ContainerRef): Promise<void> {
  const path = bundleFiles(bundleDirectory).monitorIdentity;
  if ((await host.files.stat(path)) === undefined) return;
  const identity = decodeProcessIdentity(await host.files.readText(path));
  const watch = identity === undefined ? undefined : host.processes.watch(identity);
  if (watch === undefined) return;
  try {
    watch.kill(sigkill);
    await watch.ended;
  } finally {
    watch.close();
  }
}
