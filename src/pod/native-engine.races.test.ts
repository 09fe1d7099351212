import fc from "fast-check";
import { expect, test } from "vitest";
import { Fault, type FaultKind } from "#foundation";
import { FakeRuntime } from "#runtime";
import type { NativeEngine } from "./engine.ts";
import { FakeNode } from "./engine-fixture.ts";
import { containerConfig, sandboxConfig } from "./fixtures.ts";

const acts = ["run", "create", "start", "stop", "remove", "stop pod", "remove pod"] as const;
type Act = (typeof acts)[number];

/** What each act may be refused with when others are at the same pod: the state that they have made. */
const refusals: Readonly<Record<Act, readonly FaultKind[]>> = {
  run: ["exists"],
  create: ["not-found", "wrong-state", "exists"],
  start: ["not-found", "wrong-state"],
  stop: [],
  remove: [],
  "stop pod": [],
  "remove pod": [],
};

/** How far the pod is before everybody comes. */
const beginnings = ["nothing", "pod", "container", "running"] as const;

const unmade = "not made yet";
type Beginning = (typeof beginnings)[number];

/** Something that one caller asks for, who may come at once with others, and may give up before the answer. */
interface Caller {
  readonly act: Act;
  readonly isFirst: boolean;
  readonly givesUp: boolean;
}

/** Callers who want only some of all things meet more often. */
const someCallers: fc.Arbitrary<readonly Caller[]> = fc
  .subarray([...acts], { minLength: 1, maxLength: 4 })
  .chain((wanted) =>
    fc.array(fc.record({ act: fc.constantFrom(...wanted), isFirst: fc.boolean(), givesUp: fc.boolean() }), {
      minLength: 2,
      maxLength: 12,
    }),
  );

/** Lets the scheduler decide who goes on at each touch of the host and of the runtime. */
class RacingNode {
  readonly node: FakeNode;
  readonly #scheduler: fc.Scheduler;
  readonly problems: string[] = [];
  #engine: NativeEngine | undefined;
  #sandboxId = unmade;
  #containerId = unmade;
  /** Whether somebody asked for what takes a pod, or a container, away. */
  #isPodAtRisk = false;
  #isContainerAtRisk = false;
  readonly #ended = new Set<string>();

  constructor(scheduler: fc.Scheduler) {
    this.#scheduler = scheduler;
    this.node = new FakeNode({ runtime: racing(new FakeRuntime({ handler: "runc" }), () => this.#turn()) });
  }

  get engine(): NativeEngine {
    if (this.#engine === undefined) throw new Error("not open");
    return this.#engine;
  }

  /** Brings the pod so far that the race can begin. */
  async prepare(begin: Beginning): Promise<void> {
    this.#engine = await this.node.openEngine();
    const known = ["run", "create", "start"] as const;
    for (const act of known.slice(0, beginnings.indexOf(begin))) await this.#ask(act, new AbortController().signal);
    this.node.host.intercept(() => this.#turn());
  }

  /** One caller from the first call to the last answer. */
  async call({ act, isFirst, givesUp }: Caller): Promise<void> {
    if (!isFirst) await this.#turn();
    const containerId = this.#containerId;
    const caller = new AbortController();
    const asked = this.#ask(act, caller.signal);
    if (givesUp) caller.abort();
    const outcome = await outcomeOf(asked);
    if (outcome !== "" && !refusals[act].some((kind) => outcome.startsWith(`${kind}:`)))
      this.problems.push(`${act} answered ${outcome}`);
    if (givesUp && act === "start" && outcome === "") await this.#repeatStart(containerId);
  }

  /** A start that succeeded unheard is told as a success, unless its container was removed. */
  async #repeatStart(id: string): Promise<void> {
    const outcome = await outcomeOf(this.engine.startContainer(id));
    if (outcome !== "" && !outcome.startsWith("not-found:")) this.problems.push(`repeated start answered ${outcome}`);
  }

  async #ask(act: Act, signal: AbortSignal): Promise<void> {
    const { engine } = this;
    const [sandboxId, containerId] = [this.#sandboxId, this.#containerId];
    this.#isPodAtRisk ||= act === "stop pod" || act === "remove pod";
    this.#isContainerAtRisk ||= this.#isPodAtRisk || act === "remove";
    switch (act) {
      case "run":
        return this.#noteSandbox(await engine.runSandbox(sandboxConfig(), ""));
      case "create":
        return this.#noteContainer(await engine.createContainer(sandboxId, containerConfig()));
      case "start":
        await engine.startContainer(containerId, { signal });
        if (!this.node.runtime.calls.includes(`start ${containerId}`)) this.problems.push("nobody has started it");
        return;
      case "stop":
        await engine.stopContainer(containerId, 1_000);
        return this.#expect("stopped", () => engine.listContainers({ id: containerId, state: "running" }));
      case "remove":
        await engine.removeContainer(containerId);
        return this.#expect("removed", () => engine.listContainers({ id: containerId }));
      case "stop pod":
        await engine.stopSandbox(sandboxId);
        return this.#expect("stopped", () => engine.listContainers({ sandboxId, state: "running" }));
      case "remove pod":
        await engine.removeSandbox(sandboxId);
        return this.#expect("removed", () => engine.listSandboxes({ id: sandboxId }));
    }
  }

  /** What one caller was given, the next one is given too, unless somebody takes it away. */
  #noteSandbox(id: string): void {
    if (!this.#isPodAtRisk && ![id, unmade].includes(this.#sandboxId)) this.problems.push("one pod has two ids");
    this.#sandboxId = id;
  }

  #noteContainer(id: string): void {
    const isNew = ![id, unmade].includes(this.#containerId);
    if (!this.#isContainerAtRisk && isNew) this.problems.push("one container has two ids");
    this.#containerId = id;
  }

  /** When everybody has been answered. */
  expectWhole(): void {
    const ready = new Map(this.engine.listSandboxes({}).map(({ id, isReady }) => [id, isReady]));
    for (const { sandboxId, state } of this.engine.listContainers({})) {
      if (!ready.has(sandboxId)) this.problems.push("a container without its pod");
      if (ready.get(sandboxId) === false && state !== "exited") this.problems.push(`${state} in a stopped pod`);
    }
  }

  #expect(what: string, rest: () => readonly unknown[]): void {
    if (rest().length > 0) this.problems.push(`not ${what}, though the answer says so`);
  }

  /** One turn of the race; nobody may ever see two pods, or two containers, of one name. */
  async #turn(): Promise<void> {
    await this.#scheduler.schedule(Promise.resolve());
    if (this.engine.listSandboxes({}).length > 1) this.problems.push("two pods of one name");
    const containers = this.engine.listContainers({});
    for (const { id, state } of containers) {
      if (state === "exited") this.#ended.add(id);
      else if (this.#ended.has(id)) this.problems.push(`what had ended is ${state}`);
    }
    const byPod = containers.map(({ sandboxId }) => sandboxId);
    if (new Set(byPod).size < byPod.length) this.problems.push("two containers of one name");
  }
}

/** The runtime, with a turn before and after each act that takes time. */
function racing(runtime: FakeRuntime, turn: () => Promise<void>): FakeRuntime {
  for (const name of ["create", "start", "kill", "killAll", "delete"] as const) {
    const act = runtime[name].bind(runtime) as (...args: readonly unknown[]) => Promise<unknown>;
    const raced = async (...args: readonly unknown[]): Promise<unknown> => {
      await turn();
      const outcome = await act(...args);
      await turn();
      return outcome;
    };
    Object.defineProperty(runtime, name, { value: raced });
  }
  return runtime;
}

async function outcomeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    () => "",
    (error: unknown) => `${Fault.from(error).kind}: ${String(error)}`,
  );
}

test("in whatever order callers run, create, start, stop and remove one pod, each is told the truth and nothing is left", async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.constantFrom(...beginnings), someCallers, async (scheduler, begin, callers) => {
      const race = new RacingNode(scheduler);
      await scheduler.waitFor(race.prepare(begin));

      await scheduler.waitFor(Promise.all(callers.map((each) => race.call(each))));
      race.expectWhole();
      const { engine, node } = race;
      for (const { id } of engine.listSandboxes({})) await scheduler.waitFor(engine.removeSandbox(id));
      await scheduler.waitFor(engine.close());

      expect(race.problems).toEqual([]);
      expect(node.records()).toEqual({ containers: [], sandboxes: [] });
      expect(node.runtime.containers).toEqual([]);
      expect(await node.network.attachments()).toEqual([]);
      expect(node.host.snapshot()).toMatchObject({ mounts: [], processes: [] });
    }),
    { numRuns: 200 },
  );
});
