import { describe, expect, it } from "vitest";
import { SharedLock } from "./shared-lock.ts";

const patience = new AbortController().signal;

/** A work that lasts until it is told to end, and logs both. */
function work(log: string[], name: string): { run: () => Promise<void>; end: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    log.push(`${name} begins`);
    await promise;
    log.push(`${name} ends`);
  };
  return { run, end: resolve };
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe("SharedLock", () => {
  it("runs sharers side by side", async () => {
    const lock = new SharedLock();
    const log: string[] = [];
    const [a, b] = [work(log, "a"), work(log, "b")];
    const both = [lock.shared(a.run), lock.shared(b.run)];
    b.end();
    await settle();
    a.end();
    await Promise.all(both);

    expect(log).toEqual(["a begins", "b begins", "b ends", "a ends"]);
  });

  it("runs an exclusive holder after earlier sharers and before later ones", async () => {
    const lock = new SharedLock();
    const log: string[] = [];
    const [a, only, b] = [work(log, "a"), work(log, "only"), work(log, "b")];
    const all = [lock.shared(a.run), lock.exclusive(only.run, patience), lock.shared(b.run)];
    for (const next of [a, only, b]) {
      await settle();
      next.end();
    }
    await Promise.all(all);

    expect(log).toEqual(["a begins", "a ends", "only begins", "only ends", "b begins", "b ends"]);
  });

  it("goes on after works that throw", async () => {
    const lock = new SharedLock();
    const failing = async (): Promise<never> => Promise.reject(new Error("no"));

    await expect(lock.shared(failing)).rejects.toThrow("no");
    await expect(lock.exclusive(failing, patience)).rejects.toThrow("no");
    await expect(lock.shared(async () => "done")).resolves.toBe("done");
  });

  it("lets an exclusive holder give up, without letting sharers in beside an earlier one", async () => {
    const lock = new SharedLock();
    const log: string[] = [];
    const [first, second, sharer] = [work(log, "first"), work(log, "second"), work(log, "sharer")];
    const held = lock.exclusive(first.run, patience);
    const impatience = new AbortController();
    const givenUp = lock.exclusive(second.run, impatience.signal);
    const shared = lock.shared(sharer.run);
    impatience.abort(new Error("too long"));
    await expect(givenUp).rejects.toThrow("too long");
    await settle();
    const logOfWait = [...log];
    first.end();
    sharer.end();
    await Promise.all([held, shared]);

    expect(logOfWait).toEqual(["first begins"]);
    expect(log).toEqual(["first begins", "first ends", "sharer begins", "sharer ends"]);
  });
});
