import { expect, test } from "vitest";
import { silentLogger } from "./logger.ts";
import { Scope } from "./scope.ts";

test("close() closes newest first, goes on after a failure, and runs once", async () => {
  const scope = new Scope(silentLogger);
  const closed: string[] = [];
  scope.defer("first", () => void closed.push("first"));
  scope.defer("broken", () => Promise.reject(new Error("stuck")));
  scope.defer("last", () => void closed.push("last"));

  await Promise.all([scope.close(), scope.close()]);

  expect(closed).toEqual(["last", "first"]);
});

test("close() aborts the signal and waits for background tasks", async () => {
  const scope = new Scope(silentLogger);
  let hasEnded = false;
  scope.spawn("loop", async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    hasEnded = true;
  });

  await scope.close();

  expect(hasEnded).toBe(true);
});

test("spawn() reports a task that fails while the scope is open", async () => {
  const failures: unknown[] = [];
  const scope = new Scope({ ...silentLogger, error: (_message, facts) => void failures.push(facts) });
  const error = new Error("broke");
  scope.spawn("loop", () => Promise.reject(error));

  await scope.close();

  expect(failures).toEqual([{ task: "loop", error }]);
});

test("defer() on a closed scope closes the newcomer and throws", async () => {
  const scope = new Scope(silentLogger);
  await scope.close();
  const closed = Promise.withResolvers<void>();

  expect(() => scope.defer("late", () => closed.resolve())).toThrow("open late: the scope is closed");

  await closed.promise;
});
