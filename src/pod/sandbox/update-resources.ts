import type { LinuxResources } from "#spec";
import type { PodContext } from "../context.ts";
import { sandboxNotReady } from "../faults.ts";
import { getSandbox } from "../find.ts";
import { untilReboot } from "../records.ts";

export interface SandboxResources {
  readonly overhead: LinuxResources | undefined;
  readonly resources: LinuxResources | undefined;
}

/**
 * Notes what a pod may use from now on. Its cgroup is not touched: that is the
 * caller's, who changes it before or after this call.
 *
 * @throws Fault `wrong-state` when the sandbox is not ready
 */
export async function updateSandboxResources(
  context: PodContext,
  id: string,
  { overhead, resources }: SandboxResources,
): Promise<void> {
  const { id: sandboxId } = getSandbox(context, id);
  await context.locks.run(sandboxId, async () => {
    const sandbox = getSandbox(context, sandboxId);
    if (sandbox.status.phase !== "ready") throw sandboxNotReady(sandbox);
    context.sandboxes.update(
      sandboxId,
      (old) => ({
        ...old,
        config: {
          ...old.config,
          overhead: overhead ?? old.config.overhead,
          resources: resources ?? old.config.resources,
        },
      }),
      untilReboot,
    );
  });
}
