import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { readSource } from "./rooms/imports.ts";
import { type Breach, judgeFile, judgeTable } from "./rooms/judge.ts";
import { rooms } from "./rooms/table.ts";

const trees = ["src", "test", "conformance", "scripts"];
const skipped = [/^src\/proto\//, /^test\/canary\//, /(?:^|\/)node_modules\//];

/** Fails when a file of the project breaks the table of rooms. */
function main(root: string): void {
  const files = trees.flatMap((tree) => sourcesOf(root, tree));
  const problems = [
    ...judgeTable(rooms),
    ...roomsWithoutReadme(root),
    ...files
      .flatMap((file) => judgeFile(file, readSource(file, readFileSync(path.join(root, file), "utf8"))))
      .map(lineOf),
  ];
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  console.log(`${files.length} files, ${problems.length} breaches of the table of rooms`);
  if (files.length === 0) throw new Error(`no source file found under ${root}`);
}

function sourcesOf(root: string, tree: string): string[] {
  const directory = path.join(root, tree);
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((file) => path.posix.join(tree, file))
    .filter((file) => /\.[cm]?[jt]s$/.test(file) && !skipped.some((pattern) => pattern.test(file)))
    .sort();
}

function roomsWithoutReadme(root: string): string[] {
  return readdirSync(path.join(root, "src"))
    .filter((room) => room !== "proto" && !existsSync(path.join(root, "src", room, "README.md")))
    .map((room) => `src/${room} has no README.md`);
}

function lineOf({ file, line, message }: Breach): string {
  return `${file}:${line}: ${message}`;
}

main(process.argv[2] ?? ".");
