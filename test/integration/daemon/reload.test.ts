import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { runPod } from "./pod-acts.ts";

const daemon = useDaemon();

test("a limit that is changed while crispd runs holds for the next call", async () => {
  const { client, crispd } = daemon();
  const { id } = await runPod(daemon());
  await client.portForward({ podSandboxId: id, port: [80] });
  await client.portForward({ podSandboxId: id, port: [80] });

  await writeFile(crispd.configFile, "[streaming]\nmax_tokens = 2\n");
  process.kill(crispd.pid(), "SIGHUP");
  await waitFor("the configuration to be read anew", () => crispd.logTail().includes("configuration was read anew"));

  await expect(client.portForward({ podSandboxId: id, port: [80] })).rejects.toMatchObject({ kind: "exhausted" });
});
