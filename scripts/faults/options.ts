import { parseArgs } from "node:util";

export interface FaultOptions {
  /** Cases whose line contains this. */
  readonly only: string | undefined;
  readonly isQuick: boolean;
  /** The cases are told of, and none is run. */
  readonly isList: boolean;
  readonly output: "table" | "json";
  /** Nodes that work through the cases at once. */
  readonly jobs: number;
}

const usage = `crisp verify --faults [options]

Starts a crispd of its own and lets it die, hang, run out of disk and be refused
at every step of every act; after each it repeats the call as kubelet would, and
compares the host with before. Needs root, and docker-registry, busybox-static,
CNI plugins and e2fsprogs beside what crispd needs (scripts/setup.sh installs
them); touches nothing but what it made itself.

  --quick        one or two cases of each act: a minute
  --only TEXT    the cases whose line contains the text; all of them: half an hour
  --list         the cases, one a line, without running them
  --jobs N       nodes at once (2)
  -o json        every case with its problems, as JSON
  -h, --help     this text

Exit code: 0 when nothing was lost and nothing is left, 1 when a case found
something, 2 when it could not run, 130 when it was interrupted: what was tried
until then is printed, and everything is taken away.

Examples:
  crisp verify --faults --quick
  crisp verify --faults --only 'run-sandbox: kill'
  crisp verify --faults --list --only pull-image`;

/** Reads the command line; throws with a sentence when it cannot be meant. */
export function parseFaultOptions(args: readonly string[]): FaultOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      faults: { type: "boolean" }, // by which bin/crisp knows whom it is for
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
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
  return { only: values.only, isQuick: values.quick, isList: values.list, output, jobs };
}

export function renderFaultUsage(): string {
  return usage;
}
