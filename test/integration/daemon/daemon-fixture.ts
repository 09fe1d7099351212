import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import type { CriClient } from "#client";
import { removeAllPods } from "../../support/cri-server.ts";
import { type Crispd, type CrispdOptions, startCrispd } from "../../support/crispd.ts";
import { runFirstPod } from "../../support/first-pod.ts";
import { compareHosts, type HostSnapshot, snapshotHost } from "../../support/host-snapshot.ts";
import { buildImage } from "../../support/image.ts";
import { type PushedImage, pushImage } from "../../support/push.ts";
import { type Registry, startRegistry } from "../../support/registry.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

/** A crispd with a registry, and the image of busybox pulled into it. */
export interface DaemonFixture {
  readonly workspace: Workspace;
  readonly registry: Registry;
  readonly crispd: Crispd;
  readonly client: CriClient;
  readonly busybox: PushedImage;
  /** Fails when anything on the host differs from the beginning of the test. */
  expectHostUnchanged(): Promise<void>;
}

/**
 * Gives every test of a file the same running daemon. After each test its pods
 * are removed, and the host must be what it was before the test.
 */
export function useDaemon(options: CrispdOptions = {}): () => DaemonFixture {
  const owned = new AsyncDisposableStack();
  let fixture: DaemonFixture | undefined;
  let before: HostSnapshot = {};

  beforeAll(async () => {
    fixture = await openFixture(owned, options, () => before);
  });
  beforeEach(async () => {
    before = await snapshotHost(get().crispd.scope);
  });
  afterEach(async () => {
    await removeAllPods(get().client);
    await get().expectHostUnchanged();
  });
  afterAll(() => owned.disposeAsync());

  const get = (): DaemonFixture => {
    if (fixture === undefined) throw new Error("the daemon did not start");
    return fixture;
  };
  return get;
}

async function openFixture(
  owned: AsyncDisposableStack,
  options: CrispdOptions,
  before: () => HostSnapshot,
): Promise<DaemonFixture> {
  const workspace = owned.use(await openWorkspace());
  const registry = owned.use(await startRegistry(workspace));
  const busybox = await pushImage(registry, "test/busybox:1", buildImage());
  const crispd = owned.use(await startCrispd(workspace, options));
  const { client } = crispd;
  await client.pullImage({ image: { image: busybox.reference } });
  await runFirstPod(workspace, client, busybox.reference);
  return {
    workspace,
    registry,
    crispd,
    client,
    busybox,
    expectHostUnchanged: async () => {
      expect(compareHosts(before(), await snapshotHost(crispd.scope))).toBe("");
    },
  };
}
