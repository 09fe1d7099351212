import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CriClient } from "#client";
import {
  ListPodSandboxResponseSchema,
  PodSandboxState,
  PodSandboxStatusResponseSchema,
  RemovePodSandboxResponseSchema,
  StopPodSandboxResponseSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "../fake/fake-session.ts";

const id = "a".repeat(64);

function runtime(state: PodSandboxState): { readonly asked: string[]; readonly answers: Partial<CriClient> } {
  const asked: string[] = [];
  const answers: Partial<CriClient> = {
    listPodSandbox: async () => create(ListPodSandboxResponseSchema, { items: [{ id }] }),
    podSandboxStatus: async () => create(PodSandboxStatusResponseSchema, { status: { id, state } }),
    stopPodSandbox: async () => {
      asked.push("stop");
      return create(StopPodSandboxResponseSchema);
    },
    removePodSandbox: async () => {
      asked.push("remove");
      return create(RemovePodSandboxResponseSchema);
    },
  };
  return { asked, answers };
}

test("crisp rmp removes a pod that is not ready", async () => {
  const { asked, answers } = runtime(PodSandboxState.SANDBOX_NOTREADY);

  expect((await runCrisp(["rmp", "aaa"], answers)).out).toBe(`Removed sandbox ${id}\n`);
  expect(asked).toEqual(["remove"]);
});

test("crisp rmp does not touch a pod that is ready", async () => {
  const { asked, answers } = runtime(PodSandboxState.SANDBOX_READY);

  expect((await runCrisp(["rmp", id], answers)).failure).toMatchObject({ kind: "wrong-state" });
  expect(asked).toEqual([]);
});

test("crisp rmp -af stops all pods and removes them", async () => {
  const { asked, answers } = runtime(PodSandboxState.SANDBOX_READY);

  expect((await runCrisp(["rmp", "-af"], answers)).out).toBe(`Stopped sandbox ${id}\nRemoved sandbox ${id}\n`);
  expect(asked).toEqual(["stop", "remove"]);
});
