import { expect, test } from "vitest";
import type { ObservedCommand } from "#foundation";
import { FakeHost } from "../fake/fake-host.ts";
import { observeProcesses } from "./observed-processes.ts";

test("observeProcesses() calls a copy in memory by the name of its program", async () => {
  const names: string[] = [];
  const observe = <T>({ name, work }: ObservedCommand<T>): Promise<T> => {
    names.push(name);
    return work();
  };
  const { processes } = new FakeHost();
  processes.script(() => ({}));
  processes.keepInMemory = () => Promise.resolve("/proc/7/fd/35");
  const observed = observeProcesses(processes, observe);

  const program = await observed.keepInMemory("/usr/sbin/runc");
  await observed.run({ program, args: [] }, { timeoutMs: 1_000 });

  expect(names).toEqual(["runc"]);
});
