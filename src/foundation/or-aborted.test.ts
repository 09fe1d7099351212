import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { orAborted } from "./or-aborted.ts";

describe("orAborted()", () => {
  it("gives the promise's outcome and leaves no listener", async () => {
    const { signal } = new AbortController();

    await expect(orAborted(Promise.resolve(1), signal)).resolves.toBe(1);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("rejects with the signal's reason, also when it aborted before", async () => {
    const controller = new AbortController();
    const waiting = orAborted(new Promise(() => undefined), controller.signal);
    const reason = new Error("enough");

    controller.abort(reason);

    await expect(waiting).rejects.toBe(reason);
    await expect(orAborted(Promise.resolve(1), controller.signal)).rejects.toBe(reason);
  });
});
