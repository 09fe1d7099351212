import { parseArgs } from "node:util";

export interface FaultOptions {
  /** Cases whose line contains this. */
  readonly only: string | undefined;
  readonly isQuick: boolean;
  readonly output: "table" | "json";
  /** Nodes that work through the cases at once. */
  readonly jobs: number;
}

const usage = `crisp verify --faults [options]

Starts a crispd of its own and lets it die, hang, run out of disk and be refused
at every step of every act; after each it repeats the call as kubelet would, and
compares the host with before. Needs root, and the machine of the integration
tests (scripts/setup.sh); touches nothing but what it made itself.

  --quick        one or two cases of each act: a minute
  --only TEXT    the cases whose line contains the text
  --jobs N       nodes at once (2)
  -o json        every case with its problems, as JSON`;

/** Reads the command line; throws with a sentence when it cannot be meant. */
export function parseFaultOptions(args: readonly string[]): FaultOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      jobs: { type: "string", default: "2" },
      output: { type: "string", short: "o", default: "table" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { output } = values;
  if (output !== "table" && output !== "json") throw new Error(`-o ${output}: it can be table or json`);
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs ${values.jobs}: a whole number from 1 is needed`);
  return { only: values.only, isQuick: values.quick, output, jobs };
}

export function renderFaultUsage(): string {
  return usage;
}
