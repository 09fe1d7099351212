import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { run } from "../../test/support/child.ts";
import type { Crispd } from "../../test/support/crispd.ts";

export const crispPath: string = fileURLToPath(new URL("../../bin/crisp", import.meta.url));

export interface CrispOutcome {
  /** What it printed. */
  readonly output: string;
  /** The calls that crispd answered for it, and how long each took there; the rest is the start of the program. */
  readonly calls: readonly { readonly method: string; readonly durationMs: number }[];
}

/** Runs `crisp` with words of its command line, as a user would. */
export type CrispCommand = (...words: readonly string[]) => Promise<CrispOutcome>;

/** The command line against one daemon, whose log tells what it did. */
export function crispAt({ socketPath, logFile }: Crispd): CrispCommand {
  return async (...words) => {
    const linesBefore = (await readAnswers(logFile)).length;
    const output = await run(crispPath, ["--runtime-endpoint", `unix://${socketPath}`, ...words]);
    return { output: output.trimEnd(), calls: (await readAnswers(logFile)).slice(linesBefore) };
  };
}

async function readAnswers(logFile: string): Promise<CrispOutcome["calls"]> {
  const lines = (await readFile(logFile, "utf8")).split("\n").filter((line) => line.includes('"call answered"'));
  return lines.map((line) => JSON.parse(line) as CrispOutcome["calls"][number]);
}
