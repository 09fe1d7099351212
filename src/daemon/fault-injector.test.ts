import { expect, test } from "vitest";
import type { PlannedFault } from "#config";
import { createSystemClock, type StageSubject, Stages, silentLogger } from "#foundation";
import { FakeHost, observeProcesses, type RunResult } from "#host";
import { createFaultInjector } from "./fault-injector.ts";

const subject: StageSubject = { kind: "sandbox", id: "1", name: "default/web" };

/** An act of two stages, of which each runs the same command; what happened, in order. */
function openNode(...plan: readonly PlannedFault[]) {
  const happened: string[] = [];
  const injector = createFaultInjector(plan, {
    logger: silentLogger,
    signalSelf: (signal) => void happened.push(signal),
  });
  const stages = new Stages(createSystemClock(), [injector.observer]);
  const host = new FakeHost();
  host.processes.script(({ program, args }) => {
    happened.push([program, ...args].join(" "));
    return { stdout: "done", exitCode: program === "/bin/false" ? 1 : 0 };
  });
  const processes = observeProcesses(injector.disturb(host.processes), (command) => stages.command(command));
  const plug = (): Promise<RunResult> => processes.run({ program: "bridge", args: ["ADD"] }, { timeoutMs: 1_000 });
  const act = (name: string): Promise<readonly RunResult[]> =>
    stages.act(name, subject, async () => [
      await stages.stage("attach", subject, plug),
      await stages.stage("attach again", subject, plug),
    ]);
  return { act, happened };
}

const fault = (changes: Partial<PlannedFault>): PlannedFault => ({
  do: "kill",
  when: "before",
  act: "sandbox run",
  step: "command bridge",
  nth: 1,
  ...changes,
});

test("an empty plan disturbs nothing", async () => {
  const { act, happened } = openNode();

  await act("run");

  expect(happened).toEqual(["bridge ADD", "bridge ADD"]);
});

test.each([
  [fault({ step: "stage attach again" }), ["bridge ADD", "SIGKILL", "bridge ADD"]],
  [fault({ step: "stage attach", when: "after" }), ["bridge ADD", "SIGKILL", "bridge ADD"]],
  [fault({ step: "command bridge", nth: 2, when: "after" }), ["bridge ADD", "bridge ADD", "SIGKILL"]],
  [fault({ step: "act run", do: "pause" }), ["SIGSTOP", "bridge ADD", "bridge ADD"]],
])("%j comes at its step", async (planned, expected) => {
  const { act, happened } = openNode(planned);

  await act("run");

  expect(happened).toEqual(expected);
});

test("a fault of another act does not come, and one that came does not come again", async () => {
  const { act, happened } = openNode(fault({ step: "stage attach" }));

  await act("stop");
  await act("run");
  await act("run");

  expect(happened.filter((what) => what === "SIGKILL")).toHaveLength(1);
  expect(happened.indexOf("SIGKILL")).toBe(2);
});

test("a command fails without having run, or after it has", async () => {
  const { act, happened } = openNode(fault({ do: "fail" }), fault({ do: "fail-late", nth: 2 }));

  const results = await act("run");

  expect(happened).toEqual(["/bin/false", "bridge ADD"]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([1, 1]);
});

test("a command that hangs is another one, which does nothing", async () => {
  const { act, happened } = openNode(fault({ do: "hang" }));

  await act("run");

  expect(happened).toEqual(["/bin/sleep 2147483647", "bridge ADD"]);
});
