import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type MetricDefinition, metricGroups } from "#metrics";

const file = path.resolve(import.meta.dirname, "../docs/metrics.md");

const introduction = `# Metrics

<!-- Made by \`npm run generate\` from src/metrics/definitions.ts. -->

crispd serves what it counts of itself to Prometheus, at \`/metrics\` of the address that \`metrics.address\`
(\`--metrics-address\`) names: \`127.0.0.1:9090\`, \`[::1]:9090\`, or \`unix:///run/crisp/metrics.sock\`, which only root may
connect to. Other addresses than those of the machine itself are refused; without one nothing is counted, and nothing of it
is loaded. SIGHUP moves them: another address gets the same counts, without one they are dropped.

What pods and containers use is not here: kubelet serves it, from ListPodSandboxMetrics.

Labels whose values strangers choose are bounded: beyond 64 registries and mirrors, the rest is \`other\`.
`;

/** Writes docs/metrics.md; with `--check` fails when it is not what the code says. */
function main(args: readonly string[]): void {
  const wanted = render();
  if (!args.includes("--check")) return writeFileSync(file, wanted);
  if (readFileSync(file, "utf8") === wanted) return;
  console.error("docs/metrics.md is not what src/metrics/definitions.ts says: run `npm run generate`");
  process.exitCode = 1;
}

function render(): string {
  const groups = Object.entries(metricGroups).map(
    ([title, metrics]) => `\n## ${title}\n\n${renderTable(Object.values(metrics))}`,
  );
  return introduction + groups.join("");
}

function renderTable(metrics: readonly MetricDefinition[]): string {
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
