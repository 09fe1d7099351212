import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListContainersResponseSchema, StopContainerResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, runCrisp } from "../fake/fake-session.ts";

const first = "a".repeat(64);
const second = "b".repeat(64);

async function stop(...args: readonly string[]): Promise<FakeRun & { readonly asked: readonly unknown[] }> {
  const asked: unknown[] = [];
  const run = await runCrisp(["stop", ...args], {
    listContainers: async () => create(ListContainersResponseSchema, { containers: [{ id: first }, { id: second }] }),
    stopContainer: async ({ containerId, timeout }, options) => {
      asked.push([containerId, timeout, options?.timeoutMs]);
      return create(StopContainerResponseSchema);
    },
  });
  return { ...run, asked };
}

test("crisp stop waits for the grace period and then some", async () => {
  const { out, asked } = await stop("-t", "10", "aa");

  expect(out).toBe("aa\n");
  expect(asked).toEqual([[first, 10n, 130_000]]);
});

test("crisp stop -a stops all that run", async () => {
  expect((await stop("-a")).asked).toHaveLength(2);
});

test.each([[[]], [["-a", first]], [["-t", "-1", first]]])("crisp stop %j is misuse", async (args) => {
  const { failure, asked } = await stop(...args);

  expect(failure).toMatchObject({ kind: "invalid" });
  expect(asked).toEqual([]);
});
