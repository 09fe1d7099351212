import { expect, test } from "vitest";
import { createSystemClock } from "./clock.ts";
import { Fault } from "./fault.ts";
import { type StageObserver, type StageSubject, Stages } from "./stages.ts";

const pod: StageSubject = { kind: "pod", id: "p1", name: "web" };

function observed(): { readonly stages: Stages; readonly told: string[] } {
  const told: string[] = [];
  const observer: StageObserver = {
    began: ({ kind, name, subject, parent }) =>
      void told.push(`${kind} ${name} of ${subject.id} in ${parent?.name ?? "nothing"}`),
    ended: ({ name }, { error, facts }) =>
      void told.push(`${name} ${error === undefined ? "ended" : "failed"} ${JSON.stringify(facts)}`),
  };
  return { stages: new Stages(createSystemClock(), [observer]), told };
}

const program = { name: "bridge ADD", facts: {}, factsOf: (code: number) => ({ code }) };

test("a command is a part of the stage that runs it, and that one of its act", async () => {
  const { stages, told } = observed();

  await stages.act("run", pod, () =>
    stages.stage("attach", pod, async () => {
      await Promise.resolve();
      await stages.command({ ...program, work: () => Promise.resolve(0) });
    }),
  );

  expect(told).toEqual([
    "act run of p1 in nothing",
    "stage attach of p1 in run",
    "command bridge ADD of p1 in attach",
    'bridge ADD ended {"code":0}',
    "attach ended {}",
    "run ended {}",
  ]);
});

test("stages side by side do not see each other", async () => {
  const { stages, told } = observed();
  const one = { ...pod, id: "one" };
  const two = { ...pod, id: "two" };
  const run = (subject: StageSubject): Promise<number> =>
    stages.stage(subject.id, subject, async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return await stages.command({ ...program, work: () => Promise.resolve(0) });
    });

  await Promise.all([run(one), run(two)]);

  expect(told.filter((line) => line.startsWith("command"))).toEqual([
    "command bridge ADD of one in one",
    "command bridge ADD of two in two",
  ]);
});

test("a stage that fails goes in front of the message once, an act does not", async () => {
  const { stages, told } = observed();

  const failing = stages.act("run", pod, () =>
    stages.stage("attach", pod, () => Promise.reject(new Fault("busy", "no address"))),
  );

  await expect(failing).rejects.toMatchObject({ kind: "busy", message: "attach: no address" });
  expect(told.slice(2)).toEqual(["attach failed {}", "run failed {}"]);
});

test("what goes on after a stage has ended is no part of it", async () => {
  const { stages, told } = observed();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let later: Promise<number> | undefined;
  await stages.stage("start", pod, () => {
    later = promise.then(() => stages.command({ ...program, work: () => Promise.resolve(7) }));
    return Promise.resolve();
  });
  resolve(undefined);

  expect(await later).toBe(7);
  expect(told).toEqual(["stage start of p1 in nothing", "start ended {}"]);
});

test("a watch tells every object that an act was under way on, and what it belongs to", async () => {
  const { stages } = observed();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  await stages.act("stop", { ...pod, id: "before" }, () => Promise.resolve());
  const running = stages.act("run", { ...pod, id: "running" }, () => promise);

  const watch = stages.watchActs();
  const first = [...watch.touched];
  await stages.act("create", { ...pod, id: "child", parentId: "parent" }, () => Promise.resolve());
  await stages.stage("attach", { ...pod, id: "no act" }, () => Promise.resolve());
  watch.close();
  await stages.act("stop", { ...pod, id: "after" }, () => Promise.resolve());
  const acts = stages.acts().map(({ subject }) => subject.id);
  resolve(undefined);
  await running;

  expect(first).toEqual(["running"]);
  expect([...watch.touched]).toEqual(["running", "child", "parent"]);
  expect(acts).toEqual(["running"]);
  expect(stages.acts()).toEqual([]);
});
