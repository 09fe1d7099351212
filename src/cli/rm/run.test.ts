import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CriClient } from "#client";
import {
  ContainerState,
  ContainerStatusResponseSchema,
  ListContainersResponseSchema,
  RemoveContainerResponseSchema,
  StopContainerResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

const runningId = "a".repeat(64);
const exitedId = "b".repeat(64);

/** A runtime with a container that runs and one that has ended, and what was asked of it. */
function runtime(): { readonly asked: string[]; readonly answers: Partial<CriClient> } {
  const asked: string[] = [];
  const answers: Partial<CriClient> = {
    listContainers: async () =>
      create(ListContainersResponseSchema, { containers: [{ id: runningId }, { id: exitedId }] }),
    containerStatus: async ({ containerId = "" }) => {
      const state = containerId === runningId ? ContainerState.CONTAINER_RUNNING : ContainerState.CONTAINER_EXITED;
      return create(ContainerStatusResponseSchema, { status: { id: containerId, state } });
    },
    stopContainer: async ({ containerId = "", timeout }) => {
      asked.push(`stop ${containerId} ${timeout}`);
      return create(StopContainerResponseSchema);
    },
    removeContainer: async ({ containerId = "" }) => {
      asked.push(`remove ${containerId}`);
      return create(RemoveContainerResponseSchema);
    },
  };
  return { asked, answers };
}

test("crisp rm removes what has ended", async () => {
  const { asked, answers } = runtime();

  const { out } = await runCrisp(["rm", "bb"], answers);

  expect(out).toBe(`${exitedId}\n`);
  expect(asked).toEqual([`remove ${exitedId}`]);
});

test("crisp rm does not touch what runs, but removes the others", async () => {
  const { asked, answers } = runtime();

  const { failure } = await runCrisp(["rm", runningId, exitedId, "nothing"], answers);

  expect(failure).toMatchObject({
    kind: "wrong-state",
    message: `container ${runningId}: it still runs; stop it first, or use --force; container nothing: not found`,
  });
  expect(asked).toEqual([`remove ${exitedId}`]);
});

test("crisp rm -fa stops what runs and removes all", async () => {
  const { asked, answers } = runtime();

  await runCrisp(["rm", "-fa"], answers);

  expect(asked.toSorted()).toEqual([`remove ${runningId}`, `remove ${exitedId}`, `stop ${runningId} 0`]);
});

test.each([["rm"], ["rm", "-a", exitedId]])("crisp %s %s is misuse", async (...args) => {
  const { asked, answers } = runtime();

  expect((await runCrisp(args, answers)).failure).toMatchObject({ kind: "invalid" });
  expect(asked).toEqual([]);
});
