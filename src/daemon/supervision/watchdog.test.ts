import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Scope, silentLogger } from "#foundation";
import type { Notifier } from "./notifier.ts";
import { startWatchdog } from "./watchdog.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createRecorder(): { readonly notifier: Notifier; readonly meals: () => number } {
  let meals = 0;
  const nothing = (): void => undefined;
  return {
    notifier: { ready: nothing, reloading: nothing, stopping: nothing, alive: () => void (meals += 1) },
    meals: () => meals,
  };
}

test("a watchdog is fed twice in its time while the daemon answers", async () => {
  const { notifier, meals } = createRecorder();
  const scope = new Scope(silentLogger);
  startWatchdog({ timeoutMs: 10_000, ask: async () => undefined }, { notifier, logger: silentLogger, scope });

  await vi.advanceTimersByTimeAsync(20_000);
  expect(meals()).toBe(5);

  await scope.close();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(meals()).toBe(5);
});

test("a watchdog goes hungry while the daemon does not answer, which is asked once at a time", async () => {
  const { notifier, meals } = createRecorder();
  const scope = new Scope(silentLogger);
  let asked = 0;
  const ask = (): Promise<void> => {
    asked += 1;
    return new Promise(() => undefined);
  };
  startWatchdog({ timeoutMs: 10_000, ask }, { notifier, logger: silentLogger, scope });

  await vi.advanceTimersByTimeAsync(60_000);

  expect({ meals: meals(), asked }).toEqual({ meals: 0, asked: 1 });
  await scope.close();
});
