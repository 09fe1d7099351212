import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ListContainersResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { runCrisp } from "./fake/fake-session.ts";

const known = ["a".repeat(64), `ab${"c".repeat(62)}`, `ab${"d".repeat(62)}`];

function start(id: string): { readonly run: ReturnType<typeof runCrisp>; readonly started: string[] } {
  const started: string[] = [];
  const run = runCrisp(["start", id], {
    listContainers: async () =>
      create(ListContainersResponseSchema, { containers: known.map((each) => ({ id: each })) }),
    startContainer: async ({ containerId = "" }) => {
      started.push(containerId);
      return { $typeName: "runtime.v1.StartContainerResponse" };
    },
  });
  return { run, started };
}

test.each([
  ["aa", known[0]],
  ["abd", known[2]],
  ["f".repeat(64), "f".repeat(64)],
])("id %s means one container", async (id, expected) => {
  const { run, started } = start(id);

  expect((await run).failure).toBeUndefined();
  expect(started).toEqual([expected]);
});

test.each([
  ["ab", "invalid", "container id ab is not unique: 2 ids begin with it"],
  ["c", "not-found", "container c: not found"],
  ["", "invalid", "container id is empty"],
])("id %j is a fault of kind %s", async (id, kind, message) => {
  const { run, started } = start(id);

  expect((await run).failure).toMatchObject({ kind, message });
  expect(started).toEqual([]);
});
