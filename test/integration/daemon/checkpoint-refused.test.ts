import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { refusalOf } from "../../support/refusal.ts";
import { handlerUnderTest } from "../../support/test-handlers.ts";
import { archivesIn, expectGoesOn, leftIn, startCounting } from "./checkpoint-acts.ts";
import { useDaemon } from "./daemon-fixture.ts";

const daemon = useDaemon();

/** Holds a file open that it has removed, and that is too large for CRIU to take it along. */
const holdGhost = "head -c 3000000 /dev/zero >/ghost; exec 3</ghost; rm /ghost";

/** What each handler says. CRIU's own words tell what it met: the file, or a kernel that it cannot work with. */
const refusals: Readonly<Record<string, { readonly kind: string; readonly says: RegExp }>> = {
  runc: { kind: "broken", says: /criu failed: type \w+ errno \d+; \w+.*/ },
  shim: { kind: "broken", says: /criu failed: type \w+ errno \d+.*; \w+.*/ },
  crun: { kind: "unsupported", says: /crun was built without it/ },
  runsc: { kind: "unsupported", says: /runsc has none that a container outlives/ },
};

test("a checkpoint that fails says why, leaves nothing, and the container goes on", async () => {
  const { client } = daemon();
  const directory = await archivesIn(daemon());
  const counting = await startCounting(daemon(), holdGhost);
  const { kind, says } = refusals[handlerUnderTest().name] ?? {};
  const location = path.join(directory, "web.tar");

  const asking = client.checkpointContainer({ containerId: counting.containerId, location });

  await expect(asking).rejects.toMatchObject({ kind, message: expect.stringMatching(says ?? "") as string });
  expect([await readdir(directory), await leftIn(daemon())]).toEqual([[], []]);
  await expectGoesOn(daemon(), counting);
});

test("CheckpointContainer refuses a location that is none, and the container does not notice", async () => {
  const { client } = daemon();
  const counting = await startCounting(daemon());
  const { containerId } = counting;
  const kinds: string[] = [];

  for (const location of ["web.tar", "/no/such/directory/web.tar", "/tmp"]) {
    kinds.push((await refusalOf(client.checkpointContainer({ containerId, location }))).kind);
  }

  expect(kinds).toEqual(["invalid", "not-found", "invalid"]);
  await expectGoesOn(daemon(), counting);
});

test("CheckpointContainer refuses a negative timeout, and a container that there is not", async () => {
  const { client } = daemon();
  const request = { containerId: "f".repeat(64), location: "/tmp/web.tar" };

  await expect(client.checkpointContainer(request)).rejects.toMatchObject({ kind: "not-found" });
  await expect(client.checkpointContainer({ ...request, timeout: -1n })).rejects.toMatchObject({ kind: "invalid" });
});
