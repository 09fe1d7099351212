import { type CniSetup, writeCniConfig } from "../../test/support/cni.ts";
import { buildImage } from "../../test/support/image.ts";
import { type PushedImage, pushImage } from "../../test/support/push.ts";
import { type Registry, startRegistry } from "../../test/support/registry.ts";
import { openWorkspace, type Workspace } from "../../test/support/workspace.ts";

/** What all contestants share: names on the host, a network's configuration, and a registry with their images. */
export interface Arena extends AsyncDisposable {
  readonly workspace: Workspace;
  readonly cni: CniSetup;
  readonly registry: Registry;
  /** What the measured containers run. */
  readonly workload: PushedImage;
  /** What a sandbox runs, for servers that need a process in each. */
  readonly pause: PushedImage;
}

/** The workload's command: nothing else on the machine sleeps that long. */
export const workloadCommand = ["/bin/sleep", "987654321"] as const;

/** What the streams of a pod are measured with: its file, and where the pod gives it to whoever connects. */
export const largeFile = { path: "/large", bytes: 1_073_741_824, port: 7000 } as const;
const serveLargeFile = `nc -ll -p ${largeFile.port} -e /bin/cat ${largeFile.path}`;
const makeLargeFile = `truncate -s ${largeFile.bytes} ${largeFile.path}`;
export const streamCommand: readonly string[] = ["/bin/sh", "-c", `${makeLargeFile} && exec ${serveLargeFile}`];

/** Prepares everything but the contestants; disposing it takes all of it back. */
export async function openArena(): Promise<Arena> {
  await using cleanUp = new AsyncDisposableStack();
  const workspace = cleanUp.use(await openWorkspace("b"));
  const registry = cleanUp.use(await startRegistry(workspace));
  const arena = {
    workspace,
    registry,
    cni: await writeCniConfig(workspace),
    workload: await pushImage(registry, "bench/workload:1", buildImage({ cmd: workloadCommand })),
    pause: await pushImage(registry, "bench/pause:1", buildImage({ cmd: ["/bin/sleep", "2147483647"] })),
  };
  const owned = cleanUp.move();
  return { ...arena, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
