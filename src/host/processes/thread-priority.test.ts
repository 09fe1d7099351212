import { once } from "node:events";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";

test("lowerThreadPriority() lowers the calling thread's, and no other's", async () => {
  const before = getPriority();
  const source = new URL("./thread-priority.ts", import.meta.url).href;
  const code = `
    const { getPriority } = require("node:os");
    const { parentPort } = require("node:worker_threads");
    import(${JSON.stringify(source)}).then(({ lowerThreadPriority }) => {
      lowerThreadPriority();
      parentPort.postMessage(getPriority());
    });`;

  const [lowered] = (await once(new Worker(code, { eval: true }), "message")) as [number];

  expect(lowered).toBe(5);
  expect(getPriority()).toBe(before);
});
