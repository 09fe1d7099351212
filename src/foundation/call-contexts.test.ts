import { expect, test } from "vitest";
import { CallContexts } from "./call-contexts.ts";

test("what runs inside of a call finds its context through every await, and outside there is none", async () => {
  const contexts = new CallContexts();

  const [inside, context] = await contexts.run(async (own) => {
    await Promise.resolve();
    return [contexts.current(), own];
  });

  expect(inside).toBe(context);
  expect(context?.requestId).toMatch(/^[0-9a-f]{16}$/);
  expect(contexts.current()).toBeUndefined();
});

test("calls side by side have ids of their own", async () => {
  const contexts = new CallContexts();
  const run = (): Promise<string | undefined> =>
    contexts.run(async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      return contexts.current()?.requestId;
    });

  const ids = await Promise.all([run(), run()]);

  expect(new Set(ids).size).toBe(2);
});

test("what goes on after the end of the call that began it is no part of it", async () => {
  const contexts = new CallContexts();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();

  const later = await contexts.run(async () => {
    const seen = ended.then(() => contexts.current());
    return { seen };
  });
  end();

  expect(await later.seen).toBeUndefined();
});
