import type { TestOptions } from "vitest";
import { handlerUnderTest, type Inability } from "./test-handlers.ts";

/** What stands in a test's record for the list at the end of a run. */
export interface Shortcoming {
  readonly what: Inability;
  readonly why: string;
}

declare module "vitest" {
  interface TaskMeta {
    shortcoming?: Shortcoming;
  }
}

/**
 * Options of a test, or of several, that needs something of its handler which not all can do.
 *
 * With a handler that cannot, it runs all the same and must fail: one that passes says that the table is out of date. The
 * run lists it with the reason.
 *
 * @example test("a pod has ids of its own", needing("have user namespaces"), async () => { ... });
 */
export function needing(what: Inability): TestOptions {
  const why = handlerUnderTest().cannot[what];
  return why === undefined ? {} : { fails: true, meta: { shortcoming: { what, why } } };
}
