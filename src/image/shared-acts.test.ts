import { describe, expect, it } from "vitest";
import { SharedActs } from "./shared-acts.ts";

interface Controlled {
  readonly act: (signal: AbortSignal) => Promise<string>;
  readonly control: PromiseWithResolvers<string>;
  /** Resolves when the act is aborted. */
  readonly aborted: Promise<void>;
  readonly log: string[];
}

/** An act that ends when told, or a turn after its signal aborts. */
function controlled(): Controlled {
  const control = Promise.withResolvers<string>();
  const aborted = Promise.withResolvers<void>();
  const log: string[] = [];
  const act = async (signal: AbortSignal): Promise<string> => {
    log.push("started");
    signal.addEventListener("abort", () => {
      aborted.resolve();
      control.reject(signal.reason);
    });
    try {
      return await control.promise;
    } finally {
      await new Promise((resolve) => setImmediate(resolve));
      log.push("cleaned up");
    }
  };
  return { act, control, aborted: aborted.promise, log };
}

describe("SharedActs", () => {
  it("lets a second caller join", async () => {
    const { act, control, log } = controlled();
    const acts = new SharedActs<string>();

    const both = [acts.join("k", act), acts.join("k", act)];
    control.resolve("done");

    expect(await Promise.all(both)).toEqual(["done", "done"]);
    expect(log).toEqual(["started", "cleaned up"]);
  });

  it("goes on while somebody still waits", async () => {
    const { act, control } = controlled();
    const acts = new SharedActs<string>();
    const impatient = new AbortController();

    const first = acts.join("k", act, impatient.signal);
    const second = acts.join("k", act);
    impatient.abort(new Error("enough"));

    await expect(first).rejects.toThrow("enough");
    control.resolve("done");
    expect(await second).toBe("done");
  });

  it("aborts when the last one leaves, who waits for the cleaning up", async () => {
    const { act, log } = controlled();
    const acts = new SharedActs<string>();
    const impatient = new AbortController();

    const only = acts.join("k", act, impatient.signal);
    impatient.abort(new Error("enough"));

    await expect(only).rejects.toThrow("enough");
    expect(log).toEqual(["started", "cleaned up"]);
  });

  it("starts anew for a newcomer while an aborted act cleans up", async () => {
    const [aborted, fresh] = [controlled(), controlled()];
    const acts = new SharedActs<string>();
    const impatient = new AbortController();

    const first = acts.join("k", aborted.act, impatient.signal);
    impatient.abort(new Error("enough"));
    await aborted.aborted;
    const second = acts.join("k", fresh.act);
    fresh.control.resolve("new");

    await expect(first).rejects.toThrow("enough");
    expect(await second).toBe("new");
  });

  it("hands a failure to everyone and forgets it", async () => {
    const [failing, fresh] = [controlled(), controlled()];
    const acts = new SharedActs<string>();

    const both = [acts.join("k", failing.act), acts.join("k", failing.act)];
    failing.control.reject(new Error("broken"));
    const outcomes = await Promise.allSettled(both);
    fresh.control.resolve("works");

    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await acts.join("k", fresh.act)).toBe("works");
  });

  it("starts nothing for a caller that has given up already", async () => {
    const { act, log } = controlled();

    await expect(new SharedActs<string>().join("k", act, AbortSignal.abort(new Error("late")))).rejects.toThrow("late");
    expect(log).toEqual([]);
  });

  it("aborts all and waits for their end", async () => {
    const { act, log } = controlled();
    const acts = new SharedActs<string>();
    const running = acts.join("k", act);

    const [outcome] = await Promise.allSettled([running, acts.abortAll(new Error("stop"))]);

    expect(log).toEqual(["started", "cleaned up"]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { message: "stop" } });
  });
});
