import { existsSync, readFileSync } from "node:fs";

interface TestCounts {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
}

/** Prints how many tests passed and failed over several runs of vitest, from the results that its json reporter wrote. */
function main(files: readonly string[]): void {
  const runs = files.filter((file) => existsSync(file)).map((file) => readCounts(file));
  const passed = runs.reduce((sum, run) => sum + run.numPassedTests, 0);
  const failed = runs.reduce((sum, run) => sum + failuresOf(run), 0);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || runs.length === 0) process.exitCode = 1;
}

/** A file that could not even be loaded has no tests that failed, but is a failure. */
function failuresOf(run: TestCounts): number {
  return run.success ? run.numFailedTests : Math.max(run.numFailedTests, 1);
}

function readCounts(file: string): TestCounts {
  return JSON.parse(readFileSync(file, "utf8")) as TestCounts;
}

main(process.argv.slice(2));
