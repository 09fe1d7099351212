import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A gate, and how what it found is told as lines that hold the file and the rule. */
interface Gate {
  readonly name: string;
  readonly command: readonly string[];
  readonly linesOf: (stdout: string) => readonly string[];
}

interface Canary {
  readonly source: string;
  /** Where it is laid in the empty project. */
  readonly target: string;
  /** What the gate must answer for it; "nothing" for the good one. */
  readonly expected: string;
  readonly text: string;
}

const project = path.resolve(import.meta.dirname, "..");
const configuration = ["package.json", "tsconfig.json", "biome.json", ".oxlintrc.json", "knip.json"];
const lines = (stdout: string): string[] => stdout.split("\n");

const gates: readonly Gate[] = [
  { name: "format", command: ["biome", "ci", "--reporter=github", "."], linesOf: lines },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings", "--format=unix"], linesOf: lines },
  { name: "types", command: ["tsc", "--pretty", "false"], linesOf: lines },
  // tsc judges declarations only where it found nothing worse.
  { name: "declarations", command: ["tsc", "--pretty", "false"], linesOf: lines },
  { name: "rooms", command: ["node", path.join(project, "scripts/check-rooms.ts")], linesOf: lines },
  { name: "knip", command: ["knip", "--no-progress", "--reporter=json"], linesOf: linesOfKnip },
];

/** Fails when a gate lets one of its bad files pass, or refuses the good one. */
function main(): void {
  let count = 0;
  for (const gate of gates) {
    const canaries = readCanaries(gate.name);
    const problems = runGate(gate, canaries);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) process.exitCode = 1;
    count += canaries.length;
  }
  console.log(`${count} canaries in ${gates.length} gates`);
}

function readCanaries(gate: string): Canary[] {
  const directory = path.join(project, "test/canary", gate);
  return readdirSync(directory).map((name) => {
    const source = path.join(directory, name);
    const text = readFileSync(source, "utf8");
    const [, target, expected] = /^\/\/ canary (\S+): (.+)$/m.exec(text) ?? [];
    if (target === undefined || expected === undefined) throw new Error(`${source}: no canary line`);
    return { source: path.relative(project, source), target, expected, text };
  });
}

function runGate(gate: Gate, canaries: readonly Canary[]): string[] {
  const root = mkdtempSync(path.join(tmpdir(), `crisp-canary-${gate.name}-`));
  try {
    layProject(root, canaries);
    const [program = "", ...args] = gate.command;
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd: root, encoding: "utf8" });
    if (error !== undefined) throw error;
    const found = gate.linesOf(gate.name === "rooms" ? stderr : stdout);
    const problems = canaries.filter((canary) => !isRight(canary, found)).map((canary) => problemOf(gate, canary));
    if (status === 0) problems.push(`${gate.name}: passes a project of bad files (exit 0)`);
    if (problems.length > 0) problems.push(`${gate.name} said:\n${found.join("\n")}\n${stderr}`);
    return problems;
  } finally {
    rmSync(root, { recursive: true });
  }
}

function layProject(root: string, canaries: readonly Canary[]): void {
  for (const file of configuration) cpSync(path.join(project, file), path.join(root, file));
  symlinkSync(path.join(project, "node_modules"), path.join(root, "node_modules"));
  for (const { target, text, source } of canaries) {
    const file = path.join(root, target);
    if (existsSync(file)) throw new Error(`${source}: ${target} is already taken`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

function isRight({ target, expected }: Canary, found: readonly string[]): boolean {
  const about = found.filter((line) => line.includes(target));
  return expected === "nothing" ? about.length === 0 : about.some((line) => line.includes(expected));
}

function problemOf(gate: Gate, { source, expected }: Canary): string {
  return expected === "nothing"
    ? `${gate.name}: refuses ${source}`
    : `${gate.name}: lets ${source} pass, wanted ${expected}`;
}

function linesOfKnip(stdout: string): string[] {
  const report = JSON.parse(stdout) as { readonly issues: readonly Readonly<Record<string, unknown>>[] };
  return report.issues.flatMap((issue) =>
    Object.entries(issue)
      .filter(([, items]) => Array.isArray(items) && items.length > 0)
      .map(([kind]) => `${String(issue["file"])}: ${kind}`),
  );
}

main();
