import { setImmediate as turn } from "node:timers/promises";
import { beforeEach, describe, expect, it } from "vitest";
import type { Native } from "../native/native.ts";
import { Starter } from "./start.ts";

const command = { program: "true", path: "/bin/true", args: [], env: {} };
const nothing = (): undefined => undefined;

describe("untilExecuted()", () => {
  let spawned: PromiseWithResolvers<number>;
  let starter: Starter;
  let told: string[];

  beforeEach(() => {
    spawned = Promise.withResolvers();
    told = [];
    starter = new Starter({
      posixSpawn: () => spawned.promise,
      spawnActions: new Proxy({}, { get: () => nothing }),
      spawnAttributes: { init: nothing, setFlags: nothing, setDefaultSignals: nothing, setSignalMask: nothing },
    } as unknown as Native);
  });

  it("waits for starts that are under way, also when they fail", async () => {
    const start = starter.start(command, {});
    const executed = starter.untilExecuted().then(() => told.push("all executed"));
    await turn();
    told.push("one under way");

    spawned.reject(Object.assign(new Error("no such program"), { errno: 2 }));

    await expect(start).rejects.toThrow("no such program");
    await executed;
    expect(told).toEqual(["one under way", "all executed"]);
  });

  it("waits for nothing when nothing is being started", async () => {
    spawned.resolve(42);
    await starter.start(command, {});

    await expect(starter.untilExecuted()).resolves.toBeUndefined();
  });
});
