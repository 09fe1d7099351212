import { expect, test } from "vitest";
import { Fault } from "#foundation";
import type { JournalObject, JournalStep } from "#store";
import { type WhyDeps, why } from "./why.ts";

const pod: JournalObject = { kind: "sandbox", id: "p2", name: "default/web", parentId: "" };
const container: JournalObject = { kind: "container", id: "c1", name: "default/web/main", parentId: "p2" };

function step(objectId: string, overrides: Partial<JournalStep> = {}): JournalStep {
  return {
    sequence: 1,
    parent: 0,
    objectId,
    kind: "act",
    name: "run",
    startedAtNanos: 5n,
    durationMs: 1,
    outcome: "ok",
    error: "",
    facts: {},
    ...overrides,
  };
}

const facts = { argv: ["/opt/cni/bin/bridge"], cni: "ADD", exitCode: 1, stderr: "no address" };

function deps(found: readonly JournalObject[] = [pod]): WhyDeps {
  return {
    engine: {
      getSandbox: () => ({ details: { phase: "stopping", problem: "detach network: busy" } }) as never,
      logStates: async () => new Map(),
      getContainer: (id) => {
        throw new Fault("not-found", `container ${id}`);
      },
    },
    journal: {
      findObjects: () => found,
      partsOf: (id) => (id === "p2" ? [container] : []),
      stepsOf: (id) => [step(id), step(id, { kind: "command", name: "bridge", durationMs: undefined, facts })],
      events: {
        ofOwner: () => [
          { sequence: 1, atNanos: 7n, objectId: "p2", ownerId: "p2", type: "created", data: {} },
          { sequence: 2, atNanos: 8n, objectId: "c1", ownerId: "p2", type: "created", data: {} },
        ],
      } as never,
    },
  };
}

test("a pod is told with its state, its containers, and the events of each", async () => {
  const { object, parts } = await why({ object: "web" } as never, deps());

  expect(object).toMatchObject({ id: "p2", phase: "stopping", problem: "detach network: busy", events: [{ at: 7n }] });
  expect(parts).toMatchObject([{ id: "c1", phase: "", problem: "", events: [{ at: 8n }] }]);
});

test("a command is told with what is known of it", async () => {
  const { object } = await why({ object: "web" } as never, deps());

  expect(object?.steps[1]).toMatchObject({
    kind: "command",
    command: { argv: ["/opt/cni/bin/bridge"], cniCommand: "ADD", exitCode: 1, stderr: "no address", timedOut: false },
  });
  expect(object?.steps[0]?.command).toBeUndefined();
});

test("of several that the request fits the newest is told, and the others are named", async () => {
  const earlier = { ...pod, id: "p1" };
  const { object, others } = await why({ object: "web" } as never, deps([earlier, pod]));

  expect(object?.id).toBe("p2");
  expect(others).toMatchObject([{ id: "p1", name: "default/web", steps: [] }]);
});

test.each(["", "nobody"])("of %j, which nothing fits, nothing is known", async (object) => {
  await expect(why({ object } as never, deps(object === "" ? [pod] : []))).rejects.toThrow(/knows nothing/);
});

test("a container that runs is told with what its log waits for, and what was dropped of it", async () => {
  const { engine, journal } = deps([container]);
  const running = { id: "c1", details: { phase: "running" } } as never;
  const logStates = async () => new Map([["c1", { flow: "held", lostBytes: 12 } as const]]);
  const told = { journal, engine: { ...engine, getContainer: () => running, logStates } };

  const { object } = await why({ object: "main" } as never, told);

  expect(object).toMatchObject({
    phase: "running",
    problem:
      "its log's disk takes nothing, and it is held back until there is room; 12 bytes of its log were dropped: the log's disk was full",
  });
});
