import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListPodSandboxStatsResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const second = 1_000_000_000n;
const id = "c".repeat(64);

async function statsp(...args: readonly string[]): Promise<FakeRun & { requests: readonly unknown[] }> {
  const requests: unknown[] = [];
  const run = await runCrisp(["statsp", "-s", "0", ...args], {
    listPodSandboxStats: async (asked) => {
      requests.push(asked);
      const time = BigInt(requests.length) * second;
      const cpu = { timestamp: time, usageCoreNanoSeconds: { value: 2n * time } };
      const linux = { cpu, memory: { workingSetBytes: { value: 1_000_000n } } };
      return create(ListPodSandboxStatsResponseSchema, {
        stats: [{ attributes: { id, metadata: { name: "web" } }, linux }],
      });
    },
  });
  return { ...run, requests };
}

test("crisp statsp shows what happened between two readings", async () => {
  const { out, requests } = await statsp("--label", "a=b", "ccc");

  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["POD", "POD ID", "CPU %", "MEM"],
    ["web", "ccccccccccccc", "200.00", "1MB"],
    [""],
  ]);
  expect(requests[0]).toEqual({ filter: { id: "ccc", labelSelector: { a: "b" } } });
});

test("crisp statsp -o json is one reading", async () => {
  const { out, requests } = await statsp("-o", "json");

  expect(requests).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({ stats: [{ attributes: { id }, linux: { containers: [] } }] });
});
