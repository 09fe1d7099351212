import { afterEach, beforeEach, expect, test } from "vitest";
import { createSystemClock, Fault, type StageSubject, Stages } from "#foundation";
import { createMetrics, type Metrics, type NodeCounts, type OpenFiles } from "./metrics.ts";

const nothing: NodeCounts & OpenFiles = {
  sandboxes: {},
  containers: {},
  logs: {},
  leftovers: 0,
  openFiles: 0,
  openFilesLimit: 0,
};
const container: StageSubject = { kind: "container", id: "c", name: "default/web/main" };

let metrics: Metrics;
let stages: Stages;

beforeEach(() => {
  metrics = createMetrics({ version: "1.2.3" });
  stages = new Stages(createSystemClock(), [metrics.steps]);
});
afterEach(() => metrics.close());

/** The value of each count, by its name and labels as they are served. */
async function read(counts: NodeCounts & OpenFiles = nothing): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.render(counts)).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

function call(failure?: Fault): void {
  const method = { service: "runtime.v1.RuntimeService", method: "RunPodSandbox" };
  metrics.calls.began({ ...method, context: { requestId: "r" }, header: () => undefined })(failure);
}

test("calls are timed, and failed ones counted by the code they were answered with", async () => {
  call();
  call(new Fault("not-found", "sandbox x: none"));

  const found = await read();
  const labels = 'service="runtime.v1.RuntimeService",method="RunPodSandbox"';
  expect(found.get(`crisp_rpc_duration_seconds_count{${labels}}`)).toBe(2);
  expect(found.get(`crisp_rpc_errors_total{${labels},code="NOT_FOUND"}`)).toBe(1);
  expect(found.get(`crisp_rpc_in_flight{${labels}}`)).toBe(0);
});

test("a call that is being answered is in flight", async () => {
  metrics.calls.began({ service: "s", method: "m", context: { requestId: "r" }, header: () => undefined });

  expect((await read()).get('crisp_rpc_in_flight{service="s",method="m"}')).toBe(1);
});

test("a start counts once, and its stages and programs by what they are a part of", async () => {
  const program = { name: "runc", facts: {}, work: () => Promise.resolve(1), factsOf: () => ({ exitCode: 1 }) };
  await stages.act("start", container, () =>
    stages.stage("create process", container, async () => void (await stages.command(program))),
  );

  const found = await read();
  expect(found.get('crisp_starts_total{object="container",result="success"}')).toBe(1);
  expect(found.get('crisp_acts_total{object="container",act="start",result="success"}')).toBe(1);
  const stage = 'object="container",act="start",stage="create process"';
  expect(found.get(`crisp_stage_duration_seconds_count{${stage}}`)).toBe(1);
  expect(found.get('crisp_command_duration_seconds_count{program="runc",result="error"}')).toBe(1);
});

test("what fails is counted by its kind", async () => {
  const work = (): Promise<void> =>
    stages.stage("start process", container, () => Promise.reject(new Fault("exhausted", "no memory")));

  await expect(stages.act("start", container, work)).rejects.toThrow("no memory");

  const found = await read();
  expect(found.get('crisp_starts_total{object="container",result="error"}')).toBe(1);
  const stage = 'object="container",act="start",stage="start process",kind="exhausted"';
  expect(found.get(`crisp_stage_errors_total{${stage}}`)).toBe(1);
});

test("recoveries are counted by what was done", async () => {
  await stages.act("recover: stop-sandbox", container, () => Promise.resolve());

  expect((await read()).get('crisp_recoveries_total{step="stop-sandbox",result="success"}')).toBe(1);
});

test("pulls are timed by the registry in the name, and bytes counted by who sent them", async () => {
  const image: StageSubject = { kind: "image", id: "n", name: "registry.k8s.io/pause:3.10" };
  await stages.act("pull", image, () => Promise.resolve());
  metrics.received("mirror.example:5000", 300);
  metrics.received("mirror.example:5000", 41);

  const found = await read();
  expect(found.get('crisp_image_pull_duration_seconds_count{host="registry.k8s.io",result="success"}')).toBe(1);
  expect(found.get('crisp_image_pull_bytes_total{host="mirror.example:5000"}')).toBe(341);
});

test("registries beyond a bound are one: pods choose their names", async () => {
  for (let index = 0; index < 500; index += 1) metrics.received(`registry-${index}.example`, 1);

  const hosts = [...(await read())].filter(([name]) => name.startsWith("crisp_image_pull_bytes_total"));
  expect(hosts).toHaveLength(65);
  expect(hosts.at(-1)).toEqual(['crisp_image_pull_bytes_total{host="other"}', 436]);
});

test("ends of containers are counted by reason, and those without memory apart", async () => {
  metrics.containerEnded("Completed");
  metrics.containerEnded("OOMKilled");

  const found = await read();
  expect(found.get('crisp_container_exits_total{reason="Completed"}')).toBe(1);
  expect(found.get("crisp_container_oom_kills_total")).toBe(1);
});

test("bytes of logs add up", async () => {
  const before = await read();
  metrics.logged(5);
  metrics.logged(7);

  const found = await read();
  const name = "crisp_container_log_bytes_total";
  expect((found.get(name) ?? 0) - (before.get(name) ?? Number.NaN)).toBe(12);
});

test("what was lost of logs, and writers that were killed, add up", async () => {
  metrics.logLost(5);
  metrics.logLost(7);
  metrics.logWriterRestarted();

  const found = await read();
  expect(found.get("crisp_container_log_lost_bytes_total")).toBe(12);
  expect(found.get("crisp_log_writer_restarts_total")).toBe(1);
});

test("what is there is told as it is now, and what is gone is not told any more", async () => {
  await read({ ...nothing, containers: { running: 2, exited: 1 }, leftovers: 1 });

  const found = await read({ ...nothing, containers: { running: 1 } });
  expect([...found].filter(([name]) => name.startsWith("crisp_containers"))).toEqual([
    ['crisp_containers{state="running"}', 1],
  ]);
  expect(found.get("crisp_leftover_sandboxes")).toBe(0);
});

test("the process tells its version, memory, open files, time and how late its event loop is", async () => {
  metrics.spawned("conmon");

  const found = await read({ ...nothing, openFiles: 17, openFilesLimit: 1024 });
  expect([found.get("process_open_fds"), found.get("process_max_fds")]).toEqual([17, 1024]);
  expect(found.get(`crisp_build_info{version="1.2.3",node="${process.version}"}`)).toBe(1);
  expect(found.get("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(found.get("nodejs_heap_size_used_bytes")).toBeGreaterThan(1_000_000);
  expect(found.get("process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(found.get('crisp_event_loop_delay_seconds{quantile="0.99"}')).toBeGreaterThanOrEqual(0);
  expect(found.get('crisp_spawns_total{program="conmon"}')).toBe(1);
});
