import type { ConmonRuntimeOptions } from "./options.ts";

/** A runtime of programs that a test's host plays. */
export const exampleOptions: ConmonRuntimeOptions = {
  handler: "runc",
  runtimePath: "/bin/runc",
  runtimeRoot: "/run/runc",
  conmonPath: "/bin/conmon",
  timeouts: { createMs: 2_000, callMs: 60_000 },
};
