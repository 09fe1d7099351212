import { resolve } from "node:path";
import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { CheckpointContainerResponseSchema, ListContainersResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const containerId = "a".repeat(64);

async function checkpoint(...args: readonly string[]): Promise<FakeRun & { readonly asked: readonly unknown[] }> {
  const asked: unknown[] = [];
  const run = await runCrisp(["checkpoint", ...args], {
    listContainers: async () => create(ListContainersResponseSchema, { containers: [{ id: containerId }] }),
    checkpointContainer: async (request, options) => {
      asked.push({ ...request, timeoutMs: options?.timeoutMs });
      return create(CheckpointContainerResponseSchema);
    },
  });
  return { ...run, asked };
}

test("crisp checkpoint --export names the archive by its whole path, and waits longer than the server does", async () => {
  const { out, asked } = await checkpoint("--export=web.tar", "-t", "5", "aa");

  expect(out).toBe("aa\n");
  expect(asked).toEqual([{ containerId, location: resolve("web.tar"), timeout: 5n, timeoutMs: 15_000 }]);
  expect((await checkpoint("-e", "/web.tar", "aa")).asked).toMatchObject([{ timeout: 0n, timeoutMs: 130_000 }]);
});

test.each([[["aa"]], [["-e", "a.tar", "-t", "-1", "aa"]]])("crisp checkpoint %j is misuse", async (args) => {
  const { failure, asked } = await checkpoint(...args);

  expect(failure).toMatchObject({ kind: "invalid" });
  expect(asked).toEqual([]);
});
