import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { podMetricGroups, podMetricLabels } from "#cri";
import { metricGroups } from "#metrics";

interface Document {
  readonly name: string;
  readonly text: string;
}

/** A metric as a row tells it. */
interface ToldMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

const ownIntroduction = `# Metrics

<!-- Made by \`npm run generate\` from src/metrics/definitions.ts. -->

crispd serves what it counts of itself to Prometheus, at \`/metrics\` of the address that \`metrics.address\`
(\`--metrics-address\`) names: \`127.0.0.1:9090\`, \`[::1]:9090\`, or \`unix:///run/crisp/metrics.sock\`, which only root may
connect to. Other addresses than those of the machine itself are refused; without one nothing is counted, and nothing of it
is loaded. SIGHUP moves them: another address gets the same counts, without one they are dropped.

What pods and containers use is not here: kubelet serves it, from ListPodSandboxMetrics; see [pod-metrics.md](pod-metrics.md).

Labels whose values strangers choose are bounded: beyond 64 registries and mirrors, the rest is \`other\`.
`;

const podIntroduction = `# Metrics of pods and containers

<!-- Made by \`npm run generate\` from src/cri/metrics/. -->

What pods and containers use, by the names and labels of cadvisor, so that dashboards and alerts go on as they are. kubelet
serves it at \`/metrics/cadvisor\` where the runtime is its source (feature gate \`PodAndContainerStatsFromCRI\`), by asking
ListMetricDescriptors once and ListPodSandboxMetrics at each scrape. \`crisp metricsp\` and \`crisp metricdescs\` print both
without a kubelet.

All have the labels ${podMetricLabels.map((label) => `\`${label}\``).join(", ")}. A pod's own rows have no container, as
cadvisor's; those of its network have the container \`POD\`. A pod has rows of its own where its cgroup is its alone, as
kubelet makes them.

Where they differ from cadvisor's:

- CRI carries whole numbers: seconds have no fraction, so that a rate over less than a minute is coarse.
- What a kernel does not count has no value, where cadvisor often tells 0: times, queues and merged requests of disks by
  cgroup, reclaim on cgroup v1, pressure on cgroup v1 that is not hybrid. cgroup v2 keeps no most of huge pages: it is 0.
- \`container_spec_memory_swap_limit_bytes\` is the limit of swap alone, on cgroup v1 too, where cadvisor adds the memory.
  \`container_spec_memory_reservation_limit_bytes\` is memory.low on cgroup v2, as runtimes write it; cadvisor's is memory.min.
- \`container_blkio_device_usage_total\` has the operations Read and Write. cadvisor adds on cgroup v1 what counts the same bytes
  again: Sync, Async, Discard and Total.
- \`container_health_state\` has no value: health is Docker's idea.
- Open files, sockets and states of tasks are counted in the background, at most every ten seconds, and carry the time of
  their counting.
`;

/** Writes the documents that tell of metrics; with `--check` fails when one is not what the code says. */
function main(args: readonly string[]): void {
  const pods = Object.entries(podMetricGroups).map(
    ([title, metrics]) => [title, metrics.map(({ kind, ...metric }) => ({ ...metric, type: kind }))] as const,
  );
  const own = Object.entries(metricGroups).map(([title, metrics]) => [title, Object.values(metrics)] as const);
  const documents: readonly Document[] = [
    { name: "metrics.md", text: render(ownIntroduction, own) },
    { name: "pod-metrics.md", text: render(podIntroduction, pods) },
  ];
  for (const document of documents) settle(document, args.includes("--check") ? "check" : "write");
}

function settle({ name, text }: Document, how: "check" | "write"): void {
  const file = path.resolve(import.meta.dirname, "../docs", name);
  if (how === "write") return writeFileSync(file, text);
  if (readFileSync(file, "utf8") === text) return;
  console.error(`docs/${name} is not what the code says: run \`npm run generate\``);
  process.exitCode = 1;
}

function render(introduction: string, groups: readonly (readonly [string, readonly ToldMetric[]])[]): string {
  return introduction + groups.map(([title, metrics]) => `\n## ${title}\n\n${renderTable(metrics)}`).join("");
}

function renderTable(metrics: readonly ToldMetric[]): string {
  const rows = metrics.map(({ name, type, labels, help }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  const header = ["name", "type", "labels", "meaning"];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |\n`;
  return line(header) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

main(process.argv.slice(2));
