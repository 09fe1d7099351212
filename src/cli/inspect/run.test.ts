import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  ContainerState,
  ContainerStatusResponseSchema,
  ListContainersResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, fakeNow, runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);
const second = 1_000_000_000n;
const exited = {
  id,
  metadata: { name: "main" },
  state: ContainerState.CONTAINER_EXITED,
  createdAt: fakeNow - 60n * second,
  startedAt: fakeNow - 59n * second,
  finishedAt: fakeNow - 5n * second,
  exitCode: 137,
  reason: "OOMKilled",
};

function inspect(
  args: readonly string[],
  answer: MessageInitShape<typeof ContainerStatusResponseSchema>,
  listed: readonly string[] = [],
): Promise<FakeRun> {
  return runCrisp(["inspect", ...args], {
    containerStatus: async ({ verbose = false }) =>
      create(ContainerStatusResponseSchema, { ...answer, info: verbose ? { info: `{"pid":7}` } : {} }),
    listContainers: async () =>
      create(ListContainersResponseSchema, { containers: listed.map((each) => ({ id: each, metadata: {} })) }),
  });
}

test("crisp inspect shows the status with readable times and the runtime's facts", async () => {
  const { out } = await inspect([id], { status: exited });

  expect(JSON.parse(out)).toMatchObject({
    status: {
      id,
      state: "CONTAINER_EXITED",
      createdAt: "2026-01-02T03:03:05.000000000Z",
      startedAt: "2026-01-02T03:03:06.000000000Z",
      finishedAt: "2026-01-02T03:04:00.000000000Z",
      exitCode: 137,
      reason: "OOMKilled",
    },
    info: { pid: 7 },
  });
});

test("crisp inspect of a container that has not started has no such times", async () => {
  const { out } = await inspect([id], { status: { id, state: ContainerState.CONTAINER_CREATED } });

  expect(JSON.parse(out)).toMatchObject({
    status: { startedAt: "0001-01-01T00:00:00Z", finishedAt: "0001-01-01T00:00:00Z" },
  });
});

test("crisp inspect -q leaves the runtime's facts out", async () => {
  expect((await inspect(["-q", id], { status: exited })).out).not.toContain("pid");
});

test("crisp inspect of several is a list", async () => {
  const { out } = await inspect([id, id], { status: exited });

  expect(JSON.parse(out)).toHaveLength(2);
});

test("crisp inspect without ids shows what the flags choose", async () => {
  expect(JSON.parse((await inspect(["-a"], { status: exited }, [id])).out)).toMatchObject({ status: { id } });
});

test("crisp inspect of nothing is a fault", async () => {
  expect((await inspect(["-a"], { status: exited })).failure).toMatchObject({ kind: "not-found" });
});

test("crisp inspect -o table is for people", async () => {
  expect((await inspect(["-o", "table", "-q", id], { status: exited })).out).toBe(
    `ID: ${id}\nName: main\nState: CONTAINER_EXITED\nCreated: About a minute ago\nStarted: 59 seconds ago\n` +
      "Finished: 5 seconds ago\nExit Code: 137\nReason: OOMKilled\n",
  );
});

test("crisp inspect of an answer without status blames the runtime", async () => {
  expect((await inspect([id], {})).failure).toMatchObject({ kind: "broken" });
});
