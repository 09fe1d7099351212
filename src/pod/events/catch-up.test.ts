import { expect, test } from "vitest";
import { createSystemClock, silentLogger } from "#foundation";
import { createMemoryJournal, type Journal } from "#store";
import { sandboxCodec } from "../codec.ts";
import type { PodContext } from "../context.ts";
import { containerRecord, sandboxRecord } from "../fixtures.ts";
import type { ContainerRecord, SandboxRecord, SandboxStatus } from "../records.ts";
import { catchUp } from "./catch-up.ts";

const ready: SandboxStatus = { phase: "ready", ips: [] };

function journal(): Journal {
  return createMemoryJournal({ clock: createSystemClock(), logger: silentLogger });
}

function contextOf(sandboxes: readonly SandboxRecord[], containers: readonly ContainerRecord[] = []): PodContext {
  const table = <T extends { readonly id: string }>(records: readonly T[]): unknown => ({
    list: () => records,
    find: (id: string) => records.find((record) => record.id === id),
  });
  return { sandboxes: table(sandboxes), containers: table(containers) } as PodContext;
}

test.each<[string, SandboxStatus, readonly string[]]>([
  ["", ready, ["created", "started"]],
  ["", { phase: "creating" }, []],
  ["created", ready, ["started"]],
  ["started", ready, []],
  ["started", { phase: "stopping" }, []],
  ["created", { phase: "stopping" }, []],
  ["created", { phase: "stopped" }, ["stopped"]],
  ["started", { phase: "stopped" }, ["stopped"]],
  ["stopped", { phase: "stopped" }, []],
])("after %j a sandbox that is %j is told as %j", (told, status, types) => {
  const { events } = journal();
  const sandbox = sandboxRecord({ status });
  if (told !== "") events.note(sandbox.id, { ownerId: sandbox.id, type: told });
  const untold = catchUp(contextOf([sandbox]), events, { isNew: false });

  expect(untold.flatMap((one) => one.types)).toEqual(types);
});

test("a container of which nothing was told comes after its sandbox", () => {
  const sandbox = sandboxRecord({ status: ready });
  const container = containerRecord({ sandboxId: sandbox.id, status: { phase: "created" } });
  const untold = catchUp(contextOf([sandbox], [container]), journal().events, { isNew: false });

  expect(untold.map(({ id, types }) => [id, types])).toEqual([
    [sandbox.id, ["created", "started"]],
    [container.id, ["created"]],
  ]);
});

test("what went without a word is told as deleted, once, by what was kept of it", () => {
  const { events } = journal();
  const sandbox = sandboxRecord({ status: { phase: "stopped" } });
  events.note(sandbox.id, { ownerId: sandbox.id, type: "stopped" });
  events.keep(sandbox.id, sandbox.id, sandboxCodec.encode(sandbox));
  const first = catchUp(contextOf([]), events, { isNew: false });

  expect(first).toEqual([{ sandbox, id: sandbox.id, types: ["deleted"] }]);
  expect(catchUp(contextOf([]), events, { isNew: false })).toEqual([]);
});

test("a new journal tells nothing of what is there, then or later", () => {
  const { events } = journal();
  const context = contextOf([sandboxRecord({ status: ready })]);

  expect(catchUp(context, events, { isNew: true })).toEqual([]);
  expect(catchUp(context, events, { isNew: false })).toEqual([]);
});
