import { expect, test } from "vitest";
import { run } from "../../support/child.ts";
import { listHostPortTables } from "../../support/host-observe.ts";
import { freeLoopbackPort } from "../../support/loopback.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { ailments, expectMended } from "./doctor-acts.ts";
import { runPod } from "./pod-acts.ts";

const daemon = useDaemon({ cniShape: { hasNoPortmap: true } });

interface Published {
  readonly podId: string;
  readonly table: string;
}

async function publish(): Promise<Published> {
  const portMappings = [{ containerPort: 80, hostPort: await freeLoopbackPort() }];
  const { id: podId } = await runPod(daemon(), { portMappings });
  const table = (await listHostPortTables(daemon().workspace)).find((name) => name.endsWith(podId));
  if (table === undefined) throw new Error(`pod ${podId} has no table`);
  return { podId, table };
}

test("host ports that somebody flushed are published again", async () => {
  const { crispd } = daemon();
  const { podId, table } = await publish();
  expect(await ailments(crispd)).toEqual([]);
  const rules = await run("nft", ["list", "table", "inet", table]);
  await run("nft", ["delete", "table", "inet", table]);

  await expectMended(crispd, {
    where: podId,
    what: /^the host ports of pod default\/pod are not/,
    severity: "problem",
  });

  expect(await run("nft", ["list", "table", "inet", table])).toBe(rules);
});

test("host ports of a pod that is gone are withdrawn; tables of others stay", async () => {
  const { client, crispd } = daemon();
  const { podId, table } = await publish();
  const foreign = `crisp_00000000_${"ab".repeat(32)}`;
  await client.removePodSandbox({ podSandboxId: podId });
  await run("nft", ["add", "table", "inet", table]);
  await run("nft", ["add", "table", "inet", foreign]);

  await expectMended(crispd, {
    where: `nftables table inet ${table}`,
    what: /^it publishes host ports of a pod that is gone/,
    severity: "problem",
  });

  expect(await run("nft", ["list", "tables", "inet"])).toContain(foreign);
  await run("nft", ["delete", "table", "inet", foreign]);
});
