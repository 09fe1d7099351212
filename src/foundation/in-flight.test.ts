import { expect, test, vi } from "vitest";
import { InFlight } from "./in-flight.ts";

test("close() waits for what runs, and for nothing else", async () => {
  const inFlight = new InFlight();
  const { promise, resolve } = Promise.withResolvers<string>();
  await inFlight.run("stop a", async () => undefined);
  const running = inFlight.run("run b", () => promise);
  const ended: string[] = [];
  const closing = inFlight.close(60_000).then((rest) => ended.push(...rest, "closed"));
  await new Promise(setImmediate);

  expect(ended).toEqual([]);
  resolve("done");

  expect(await running).toBe("done");
  await closing;
  expect(ended).toEqual(["closed"]);
});

test("close() waits no longer than its budget, and names what runs on", async () => {
  vi.useFakeTimers();
  const inFlight = new InFlight();
  void inFlight.run("run a", () => new Promise(() => undefined));

  const rest = inFlight.close(15_000);
  await vi.advanceTimersByTimeAsync(15_000);

  expect(await rest).toEqual(["run a"]);
  vi.useRealTimers();
});

test("run() begins nothing once it closes", async () => {
  const inFlight = new InFlight();
  await inFlight.close(0);
  const work = vi.fn<() => Promise<void>>(async () => undefined);

  await expect(inFlight.run("run a", work)).rejects.toMatchObject({
    kind: "unavailable",
    message: "run a: the daemon stops",
  });
  expect(work).not.toHaveBeenCalled();
});

test("a failure goes to whoever asked, and ends the wait", async () => {
  const inFlight = new InFlight();
  const failing = inFlight.run("run a", () => Promise.reject(new Error("no")));

  await expect(failing).rejects.toThrow("no");
  expect(await inFlight.close(60_000)).toEqual([]);
});
