import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Fails when src/proto is not what `npm run generate` would write. An other directory can be named to be judged. */
function main(directory: string): void {
  const fresh = mkdtempSync(path.join(tmpdir(), "crisp-generated-"));
  try {
    execFileSync("buf", ["generate", "--output", fresh], { stdio: "inherit" });
    const problems = compareTrees(path.join(fresh, "src/proto"), directory);
    for (const problem of problems) console.error(problem);
    if (problems.length > 0) {
      console.error("src/proto is not what proto/ generates: run `npm run generate`");
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
}

function compareTrees(expected: string, actual: string): string[] {
  const wanted = filesOf(expected);
  const found = filesOf(actual);
  return [
    ...wanted.filter((file) => !found.includes(file)).map((file) => `missing: ${file}`),
    ...found.filter((file) => !wanted.includes(file)).map((file) => `not generated: ${file}`),
    ...wanted
      .filter((file) => found.includes(file))
      .filter((file) => !readFileSync(path.join(expected, file)).equals(readFileSync(path.join(actual, file))))
      .map((file) => `differs: ${file}`),
  ];
}

function filesOf(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

main(process.argv[2] ?? "src/proto");
