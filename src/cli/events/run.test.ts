import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type ContainerEventResponse, ContainerEventResponseSchema } from "#proto/cri/v1/runtime_pb.js";
import { type FakeRun, fakeNow, runCrisp } from "../fake/fake-session.ts";

async function* twoEvents(): AsyncGenerator<ContainerEventResponse> {
  for (const containerId of ["one", "two"]) {
    yield create(ContainerEventResponseSchema, { containerId, containerEventType: 1, createdAt: 5n });
  }
}

function events(...args: readonly string[]): Promise<FakeRun> {
  return runCrisp(["events", ...args], { getContainerEvents: twoEvents });
}

test("crisp events prints a line of JSON for each event", async () => {
  const { out } = await events();

  expect(
    out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown),
  ).toMatchObject([
    { containerId: "one", containerEventType: "CONTAINER_STARTED_EVENT", createdAt: "5" },
    { containerId: "two" },
  ]);
});

test.each([
  [["--since", "5s"], { since: fakeNow - 5_000_000_000n, follow: false }],
  [["-f", "--since", "1767323042"], { since: 1_767_323_042_000_000_000n, follow: true }],
])("crisp events %j asks crispd's journal", async (args, expected) => {
  let asked: unknown;
  const { out } = await runCrisp(["events", ...args], {
    listEvents: (request) => {
      asked = request;
      return twoEvents();
    },
  });

  expect(asked).toEqual(expected);
  expect(out.trimEnd().split("\n")).toHaveLength(2);
});

test("crisp events -o yaml prints a document for each event", async () => {
  const { out } = await events("-o", "yaml");

  expect(parseAllDocuments(out).map((document) => document.toJS() as unknown)).toMatchObject([
    { containerId: "one" },
    { containerId: "two" },
  ]);
});
