import { parseArgs } from "node:util";

export const contestantNames = ["crisp", "containerd"] as const;
export type ContestantName = (typeof contestantNames)[number];

const benchmarkNames = ["pods", "pull", "stream", "stats", "handlers", "recovery"] as const;
type BenchmarkName = (typeof benchmarkNames)[number];

const usualPods: Readonly<Partial<Record<BenchmarkName, string>>> = { stats: "100", recovery: "200" };

export interface BenchOptions {
  readonly benchmark: BenchmarkName;
  readonly pods: number;
  readonly parallel: number;
  readonly sequential: number;
  readonly sessions: number;
  readonly records: number;
  readonly calls: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly contestants: readonly ContestantName[];
  /** An already running server to measure instead, with the image that its containers are to run. */
  readonly running: { readonly socket: string; readonly image: string } | undefined;
  readonly jsonFile: string | undefined;
}

const usage = `npm run bench -- pods|pull|stream|stats|handlers|recovery [options]

Measures crisp beside the machine's containerd.

  pods              how fast pods start and end, and what they weigh, with the
                    same network, image and OCI runtime
  pull              how fast an image of 500 MB comes from a registry on
                    loopback, and what the server weighs and answers meanwhile
  stream            how fast commands run over a stream, how fast output and
                    forwarded ports are, and what many sessions take
  stats             how fast lists, stats and metrics are, and what of a
                    processor the server takes while a kubelet polls

  handlers          how fast pods start and commands run with each handler, and
                    what is kept for a pod; containerd's own runc handler beside
  recovery          how long crispd takes, after kill -9 with many pods, to
                    answer, and to know again what runs and what has ended

  --rounds N        turns of each (5)
  --sequential N    pods of a turn that are started and ended one by one, or
                    commands that run one by one (10)
  --pods N          pods of a turn that are there at once (50; stats: 100;
                    recovery: 200)
  --parallel N      acts at once while those start and end (8)
  --sessions N      commands of a turn that are there at once (200)
  --calls N         calls of a turn of each kind (50)
  --records N       containers and sandboxes to list (1000)
  --seconds N       how long a kubelet polls in a turn (30)
  --only NAME       crisp or containerd alone
  --socket PATH     a server that runs already, alone; needs --image
  --image REF       the image that it pulls, or that its containers run: these
                    need /bin/sleep
  --json FILE       all samples`;

/** Reads the command line; throws with a sentence when it cannot be meant. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      rounds: { type: "string", default: "5" },
      sequential: { type: "string", default: "10" },
      pods: { type: "string" },
      parallel: { type: "string", default: "8" },
      sessions: { type: "string", default: "200" },
      records: { type: "string", default: "1000" },
      calls: { type: "string", default: "50" },
      seconds: { type: "string", default: "30" },
      only: { type: "string" },
      socket: { type: "string" },
      image: { type: "string" },
      json: { type: "string" },
    },
  });
  const benchmark = benchmarkNames.find((name) => name === positionals.join(" "));
  if (benchmark === undefined) throw new Error(`which benchmark? ${benchmarkNames.join(", ")}\n\n${usage}`);
  return {
    benchmark,
    rounds: countOf("--rounds", values.rounds),
    sequential: countOf("--sequential", values.sequential),
    pods: countOf("--pods", values.pods ?? usualPods[benchmark] ?? "50"),
    parallel: countOf("--parallel", values.parallel),
    sessions: countOf("--sessions", values.sessions),
    records: countOf("--records", values.records),
    calls: countOf("--calls", values.calls),
    seconds: countOf("--seconds", values.seconds),
    contestants: values.only === undefined ? contestantNames : [nameOf(values.only)],
    running: runningOf(values.socket, values.image),
    jsonFile: values.json,
  };
}

function countOf(flag: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`${flag} ${text}: a whole number from 1 is needed`);
  return count;
}

function nameOf(text: string): ContestantName {
  const name = contestantNames.find((known) => known === text);
  if (name === undefined) throw new Error(`--only ${text}: it can be ${contestantNames.join(" or ")}`);
  return name;
}

function runningOf(socket: string | undefined, image: string | undefined): BenchOptions["running"] {
  if (socket === undefined) return undefined;
  if (image === undefined) throw new Error("--socket needs --image: what is it to run or pull?");
  return { socket, image };
}
