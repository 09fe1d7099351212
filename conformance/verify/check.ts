import type { Workbench } from "./workbench.ts";

/** One thing that a server must be able to do with pods of a handler. */
export interface Check {
  /** Area and claim: "exec: tells the exit code". Names of checks are stable: lists of exceptions use them. */
  readonly name: string;
  /** Returns when the claim holds; throws what was seen instead. */
  readonly run: (bench: Workbench) => Promise<void>;
}

/** What came of one check. `unsupported`: the server says itself that it has no such call. */
export interface CheckResult {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "unsupported";
  readonly durationMs: number;
  /** What was seen instead; empty when it passed. */
  readonly problem: string;
}
