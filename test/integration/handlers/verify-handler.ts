import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkNames, verify } from "#conformance";
import { type Crispd, startCrispd } from "../../support/crispd.ts";
import { compareHosts, type HostSnapshot, snapshotHost } from "../../support/host-snapshot.ts";
import { buildImage } from "../../support/image.ts";
import { type PushedImage, pushImage } from "../../support/push.ts";
import { startRegistry } from "../../support/registry.ts";
import { handlerToml, type TestHandler, testHandlers } from "../../support/test-handlers.ts";
import { openWorkspace, type Workspace } from "../../support/workspace.ts";

/** Runs all checks of `crisp verify` for pods of one of the handlers of the tests. */
export function verifyHandler(name: string): void {
  const handler = testHandlers.find((each) => each.name === name);
  if (handler === undefined) throw new Error(`no handler of the tests is called ${name}`);
  describe(`pods of handler ${name}`, () => {
    declareChecks(handler);
  });
}

function declareChecks(handler: TestHandler): void {
  const owned = new AsyncDisposableStack();
  let workspace: Workspace;
  let crispd: Crispd;
  let busybox: PushedImage;
  let before: HostSnapshot;

  beforeAll(async () => {
    workspace = owned.use(await openWorkspace());
    const registry = owned.use(await startRegistry(workspace));
    busybox = await pushImage(registry, "test/busybox:1", buildImage());
    crispd = owned.use(await startCrispd(workspace, { config: await handlerToml(handler, workspace.dir) }));
    await check("container: is created"); // makes the directories that all later ones share
    before = await snapshotHost(crispd.scope);
  });
  afterAll(() => owned.disposeAsync());

  async function check(only: string): Promise<readonly string[]> {
    const { client } = crispd;
    const { cgroupParent, dir: directory } = workspace;
    const { signal } = new AbortController();
    const options = { client, signal, directory, cgroupParent, handler: handler.name, image: busybox.reference, only };
    return (await verify(options)).map(({ outcome, problem }) => `${outcome} ${problem}`.trim());
  }

  for (const name of checkNames) {
    const reason = handler.failing[name];
    const exception = reason === undefined ? "" : `: fails, because ${reason}`;
    const wanted = reason === undefined ? "passed" : "does not pass";
    test(`${name}${exception}`, async () => {
      const [seen = ""] = await check(name);
      expect(reason === undefined ? seen : seen.replace(/^(?:failed|unsupported)\b.*/s, "does not pass")).toBe(wanted);
    });
  }

  test("all of it leaves the host as it was", async () => {
    expect(compareHosts(before, await snapshotHost(crispd.scope))).toBe("");
  });
}
