import { describe, expect, it } from "vitest";
import { together } from "./together.ts";

/** Waits for the abort, and takes a turn to clean up. */
async function untilAborted(signal: AbortSignal, log: string[]): Promise<never> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  await new Promise((resolve) => setImmediate(resolve));
  log.push("cleaned up");
  throw signal.reason;
}

describe("together()", () => {
  it("returns all results in order", async () => {
    expect(await together<[number, string]>([async () => 1, async () => "two"])).toEqual([1, "two"]);
  });

  it("aborts the others at the first failure and throws it after all have ended", async () => {
    const log: string[] = [];
    const failing = async (): Promise<void> => {
      throw new Error("first");
    };

    await expect(together([(signal) => untilAborted(signal, log), failing])).rejects.toThrow("first");
    expect(log).toEqual(["cleaned up"]);
  });

  it("hands on the caller's abort", async () => {
    const caller = new AbortController();
    const running = together([(signal) => untilAborted(signal, [])], caller.signal);
    caller.abort(new Error("enough"));

    await expect(running).rejects.toThrow("enough");
  });
});
