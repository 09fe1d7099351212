import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  type ContainerStatsSchema,
  type ListContainerStatsRequestSchema,
  ListContainerStatsResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const second = 1_000_000_000n;
const id = "a".repeat(64);

/** A container that uses an eighth of a processor and was read at this second. */
function statsAt(time: bigint): MessageInitShape<typeof ContainerStatsSchema> {
  return {
    attributes: { id, metadata: { name: "main" } },
    cpu: { timestamp: time * second, usageCoreNanoSeconds: { value: (time * second) / 8n } },
    memory: { timestamp: time * second, workingSetBytes: { value: 4_500_000n } },
    writableLayer: { usedBytes: { value: 20_480n }, inodesUsed: { value: 7n } },
    swap: { swapUsageBytes: { value: 1_000n } },
  };
}

const ended: MessageInitShape<typeof ContainerStatsSchema> = {
  attributes: { id: "b".repeat(64), metadata: { name: "ended" } },
};

async function stats(...args: readonly string[]): Promise<FakeRun & { requests: readonly unknown[] }> {
  const requests: (MessageInitShape<typeof ListContainerStatsRequestSchema> | undefined)[] = [];
  const run = await runCrisp(["stats", "-s", "0", ...args], {
    listContainerStats: async (asked) => {
      requests.push(asked);
      return create(ListContainerStatsResponseSchema, { stats: [statsAt(BigInt(requests.length)), ended] });
    },
  });
  return { ...run, requests };
}

test("crisp stats shows what happened between two readings", async () => {
  const { out } = await stats();

  expect(out.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["CONTAINER", "NAME", "CPU %", "MEM", "DISK", "INODES", "SWAP"],
    ["aaaaaaaaaaaaa", "main", "12.50", "4.5MB", "20.5kB", "7", "1kB"],
    [""],
  ]);
});

test("crisp stats -a shows those that use nothing, too", async () => {
  expect((await stats("-a")).out).toMatch(/bbbbbbbbbbbbb +ended +0\.00 +0B +0B +0 +0B/);
});

test.each([
  [[], { id: "", podSandboxId: "", labelSelector: {} }],
  [["abc"], { id: "abc", podSandboxId: "", labelSelector: {} }],
  [["--id", "abc"], { id: "abc", podSandboxId: "", labelSelector: {} }],
  [["-p", "d".repeat(64), "--label", "a=b"], { id: "", podSandboxId: "d".repeat(64), labelSelector: { a: "b" } }],
])("crisp stats %j asks the server for what it can choose itself", async (args, filter) => {
  expect((await stats(...args)).requests).toEqual([{ filter }, { filter }]);
});

test("crisp stats -o json is one reading, as protobuf's JSON", async () => {
  const { out, requests } = await stats("-o", "json");

  expect(requests).toHaveLength(1);
  expect(JSON.parse(out)).toMatchObject({ stats: [{ attributes: { id }, cpu: { timestamp: String(second) } }] });
});
