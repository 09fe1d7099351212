import { stat } from "node:fs/promises";
import type { PlannedFault } from "#config";
import { removeAllPods } from "../../test/support/cri-server.ts";
import { type Crispd, startCrispd } from "../../test/support/crispd.ts";
import { runFirstPod } from "../../test/support/first-pod.ts";
import { type HostSnapshot, snapshotHost } from "../../test/support/host-snapshot.ts";
import { buildImage } from "../../test/support/image.ts";
import { type PushedImage, pushImage } from "../../test/support/push.ts";
import { type Registry, startRegistry } from "../../test/support/registry.ts";
import { openWorkspace, type Workspace } from "../../test/support/workspace.ts";
import { type Bystander, startBystander } from "./bystander.ts";
import { mountRoot, type SmallDisk } from "./small-disk.ts";

/** A crispd that is to fail, with all that it needs and a pod that must not notice. */
export interface FaultNode extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly registry: Registry;
  readonly crispd: Crispd;
  /** The image of containers; it is here. */
  readonly image: PushedImage;
  /** An image that is pulled and removed. */
  readonly otherImage: PushedImage;
  readonly bystander: Bystander;
  readonly disk: SmallDisk;
  /** A name that no pod of the node has had. */
  freshName(): string;
  /** Starts crispd anew with a plan; answers with the place in the log where it begins. */
  arm(plan: readonly PlannedFault[]): Promise<number>;
  snapshot(): Promise<HostSnapshot>;
}

/** Starts a node: registry, crispd on a small disk, a running pod. Detached: Ctrl-C is for this program alone. */
export async function openFaultNode(): Promise<FaultNode> {
  await using owned = new AsyncDisposableStack();
  const workspace = owned.use(await openWorkspace("f"));
  const registry = owned.use(await startRegistry(workspace, { isDetached: true }));
  const image = await pushImage(registry, "faults/busybox:1", buildImage());
  const otherImage = await pushImage(registry, "faults/other:1", otherImageOf());
  const disk = owned.use(await mountRoot(workspace));
  const crispd = owned.use(await startCrispd(workspace, { logLevel: "info", isDetached: true }));
  await crispd.client.pullImage({ image: { image: image.reference } });
  await runFirstPod(workspace, crispd.client, image.reference);
  const bystander = await startBystander({ workspace, client: crispd.client, image: image.reference });
  owned.defer(() => removeAllPods(crispd.client).catch(() => undefined));
  const parts = { workspace, registry, crispd, image, otherImage, bystander, disk };
  const kept = owned.move();
  let names = 0;
  return {
    ...parts,
    freshName: () => `p${(names += 1)}`,
    arm: async (plan) => {
      await crispd.stop();
      const { size } = await stat(crispd.logFile);
      await crispd.start({ CRISP_FAULT: JSON.stringify(plan) });
      return size;
    },
    snapshot: () => snapshotHost(crispd.scope),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Two layers, of which the first is shared with nothing. */
function otherImageOf(): ReturnType<typeof buildImage> {
  return buildImage({
    layers: ["one", "two"].map((name) => [{ path: name, kind: "file" as const, body: name.repeat(10_000) }]),
  });
}
