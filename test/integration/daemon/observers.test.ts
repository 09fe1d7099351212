import { rm, stat } from "node:fs/promises";
import path from "node:path";
import { create } from "@bufbuild/protobuf";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { afterAll, expect, test } from "vitest";
import { RunPodSandboxRequestSchema, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { toGrpcMethod } from "#spec";
import { buildImage } from "../../support/image.ts";
import { OtlpCollector, type SentSpan } from "../../support/otlp-collector.ts";
import { podConfig } from "../../support/pod-config.ts";
import { pushImage } from "../../support/push.ts";
import { waitFor } from "../../support/wait-for.ts";
import { useDaemon } from "./daemon-fixture.ts";
import { exited, idle, runPod, startShell } from "./pod-acts.ts";
import { linesOf, scrapeOf } from "./scrape.ts";

const collector = await OtlpCollector.open();
afterAll(() => collector.close());

const daemon = useDaemon({
  config: `[metrics]\naddress = "127.0.0.1:0"\n[tracing]\nendpoint = "${collector.endpoint}"\n`,
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const kubeletSpan = "00f067aa0ba902b7";

const logLines = () => linesOf(daemon().crispd);
const scrape = () => scrapeOf(daemon().crispd);

test("metrics count a pull, starts, stages, programs, exits by reason, and what there is", async () => {
  const { client, registry } = daemon();
  const before = await scrape();
  const pod = await runPod(daemon());
  await startShell(daemon(), pod, idle);
  const oom = { memoryLimitInBytes: 16n * 1024n * 1024n, memorySwapLimitInBytes: 16n * 1024n * 1024n };
  await startShell(daemon(), pod, "tail -c 1000000000 /dev/zero", {
    metadata: { name: "hungry" },
    resources: oom,
  });
  await expect(client.podSandboxStatus({ podSandboxId: "nothing" })).rejects.toMatchObject({ kind: "not-found" });

  const after = await waitFor("the end of the hungry container", async () => {
    const found = await scrape();
    return (found.get("crisp_container_oom_kills_total") ?? 0) > 0 && found;
  });

  const added = (name: string): number => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(after.get("crisp_container_oom_kills_total")).toBe(1);
  expect(added('crisp_container_exits_total{reason="OOMKilled"}')).toBe(1);
  expect(added('crisp_starts_total{object="sandbox",result="success"}')).toBe(1);
  expect(added('crisp_starts_total{object="container",result="success"}')).toBe(2);
  expect(added('crisp_stage_duration_seconds_count{object="sandbox",act="run",stage="attach network"}')).toBe(1);
  // And one each time that the health of the node is probed, which may be now.
  expect([2, 3]).toContain(added('crisp_spawns_total{program="conmon"}'));
  const status = 'service="runtime.v1.RuntimeService",method="PodSandboxStatus"';
  expect(added(`crisp_rpc_errors_total{${status},code="NOT_FOUND"}`)).toBe(1);
  expect(after.get('crisp_sandboxes{state="ready"}')).toBe(1);
  expect(after.get('crisp_containers{state="running"}')).toBe(1);
  expect(after.get("crisp_leftover_sandboxes")).toBe(0);
  expect(after.get("process_open_fds")).toBeGreaterThan(10);
  expect(after.get("process_open_fds")).toBeLessThan(after.get("process_max_fds") ?? 0);
  expect(after.get(`crisp_image_pull_duration_seconds_count{host="${registry.host}",result="success"}`)).toBe(1);
  expect(after.get(`crisp_image_pull_bytes_total{host="${registry.host}"}`)).toBeGreaterThan(100_000);
});

test("bytes of logs stay counted when their container and its log are removed", async () => {
  const { client } = daemon();
  const name = "crisp_container_log_bytes_total";
  const before = (await scrape()).get(name) ?? Number.NaN;
  const pod = await runPod(daemon());
  const script = "i=0; while [ $i -lt 1000 ]; do echo 123456789; i=$((i+1)); done";
  const containerId = await startShell(daemon(), pod, script);
  await exited(client, containerId);
  const { size } = await stat(path.join(pod.config.logDirectory ?? "", "main/0.log"));

  // Who counts is told of an end as every client is: soon, whatever becomes of the container.
  const after = await waitFor("the bytes", async () => {
    const found = (await scrape()).get(name) ?? 0;
    return found > before && found;
  });
  await client.removeContainer({ containerId });
  await rm(pod.config.logDirectory ?? "", { recursive: true });

  expect(after - before).toBe(size);
  expect((await scrape()).get(name)).toBe(after);
});

test("a call of a kubelet that traces is a part of its trace, with stages and programs below", async () => {
  const { crispd, workspace } = daemon();
  const client = new Client(`unix://${crispd.socketPath}`, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("traceparent", `00-${traceId}-${kubeletSpan}-01`);
  const { path, requestSerialize, responseDeserialize } = toGrpcMethod(RuntimeService.method.runPodSandbox);
  const request = create(RunPodSandboxRequestSchema, { config: podConfig(workspace, "traced") });

  await new Promise<void>((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize as never, responseDeserialize, request, metadata, (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  client.close();

  const rpcName = "runtime.v1.RuntimeService/RunPodSandbox";
  const spans = await waitFor("the spans", () => {
    const found = collector.spans.filter((span) => span.traceId === traceId);
    return found.some(({ name }) => name === rpcName) && found;
  });
  const byName = (name: string): SentSpan | undefined => spans.find((span) => span.name === name);
  expect(byName(rpcName)?.parentSpanId).toBe(kubeletSpan);
  expect(byName("run sandbox")?.parentSpanId).toBe(byName(rpcName)?.spanId);
  expect(byName("attach network")?.parentSpanId).toBe(byName("run sandbox")?.spanId);
  expect(byName("bridge")?.parentSpanId).toBe(byName("attach network")?.spanId);
  // Without a trace of the client's, and at a rate of 0, nothing is traced.
  expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
});

test("the lines of one call have one request id, and life events are told at info", async () => {
  const pod = await runPod(daemon());

  const lines = await logLines();
  const ready = lines.find(({ msg, sandboxId }) => msg === "sandbox ready" && sandboxId === pod.id);
  const ofCall = lines.filter(({ requestId }) => requestId === ready?.["requestId"]);
  expect(ready).toMatchObject({ level: 30, requestId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown });
  expect(ofCall.map(({ msg }) => msg)).toContain("stage ended");
  expect(ofCall.filter(({ msg }) => msg === "call answered")).toMatchObject([{ method: "runPodSandbox" }]);
});

test("a pod's life and an image's are a line at info for each event, and no more", async () => {
  const { client, registry } = daemon();
  const pod = await runPod(daemon());
  const { reference: image } = await pushImage(registry, "test/told:1", buildImage({ workingDir: "/www" }));
  const containerId = await startShell(daemon(), pod, "exit 0");
  await exited(client, containerId);
  await client.removeContainer({ containerId });
  await client.stopPodSandbox({ podSandboxId: pod.id });
  await client.removePodSandbox({ podSandboxId: pod.id });
  await client.pullImage({ image: { image } });
  await client.removeImage({ image: { image } });

  const info = (await logLines()).filter(({ level }) => level === 30);
  const ofPod = info.filter((line) => line["sandboxId"] === pod.id || line["containerId"] === containerId);
  expect(ofPod.map(({ msg }) => msg)).toEqual([
    "sandbox ready",
    "container created",
    "container started",
    "container ended",
    "container removed",
    "sandbox stopped",
    "sandbox removed",
  ]);
  const ofImage = info.filter((line) => line["image"] === image);
  expect(ofImage.map(({ msg }) => msg)).toEqual(["image pulled", "image removed"]);
});
