import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { OtlpCollector } from "../../support/otlp-collector.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { reconfigure, runPod } from "./pod-acts.ts";

const daemon = useDaemon();

test("a limit that is changed while crispd runs holds for the next call", async () => {
  const { client } = daemon();
  const { id } = await runPod(daemon());
  await client.portForward({ podSandboxId: id, port: [80] });
  await client.portForward({ podSandboxId: id, port: [80] });

  await reconfigure(daemon(), "[streaming]\nmax_tokens = 2\n");

  await expect(client.portForward({ podSandboxId: id, port: [80] })).rejects.toMatchObject({ kind: "exhausted" });
});

/** What is served at a unix socket, over a connection that is kept as long as the server lets it. */
function scrape(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/metrics" }, (answer) => resolve(text(answer)));
    asked.once("error", reject).end();
  });
}

function versionCalls(metrics: string): number {
  const line = /^crisp_rpc_duration_seconds_count\{service="runtime.v1.RuntimeService",method="Version"\} (\d+)$/m;
  return Number(line.exec(metrics)?.[1] ?? 0);
}

test("metrics begin, move with their counts, stay where they are when they cannot move, and end, all by SIGHUP", async () => {
  const { client, workspace } = daemon();
  const [one, two] = [path.join(workspace.dir, "one.sock"), path.join(workspace.dir, "two.sock")];
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;

  await reconfigure(daemon(), `[metrics]\naddress = "unix://${one}"\n`);
  await client.version({});
  const first = await scrape(one);
  await reconfigure(daemon(), `[metrics]\naddress = "unix://${two}"\n`);
  await client.version({});
  const second = await scrape(two);
  const gone: unknown = await scrape(one).catch((error: unknown) => error);
  await reconfigure(daemon(), `[metrics]\naddress = "127.0.0.1:${port}"\n`, "configuration was not taken over");
  taken.close();

  expect(gone).toMatchObject({ code: "ENOENT" });
  expect([versionCalls(first), versionCalls(second), versionCalls(await scrape(two))]).toEqual([1, 2, 2]);
  await reconfigure(daemon(), "");
  await expect(scrape(two)).rejects.toMatchObject({ code: "ENOENT" });
});

test("traces go where SIGHUP sends them, and what has ended before to where it was meant for", async () => {
  const { client } = daemon();
  await using closing = new AsyncDisposableStack();
  const [one, two] = [await OtlpCollector.open(), await OtlpCollector.open()];
  for (const collector of [one, two]) closing.defer(() => collector.close());
  const to = ({ endpoint }: OtlpCollector): string =>
    `[tracing]\nendpoint = "${endpoint}"\nsampling_rate_per_million = 1000000\n`;
  const names = ({ spans }: OtlpCollector): readonly string[] => spans.map(({ name }) => name);

  await reconfigure(daemon(), to(one));
  await client.version({});
  await reconfigure(daemon(), to(two));
  await client.status({});
  await reconfigure(daemon(), "");
  await client.runtimeConfig({});

  const service = "runtime.v1.RuntimeService";
  expect(names(one)).toContain(`${service}/Version`);
  expect(names(two)).toContain(`${service}/Status`);
  expect([...names(one), ...names(two)]).not.toContain(`${service}/RuntimeConfig`);
});
