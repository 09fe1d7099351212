import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");
const run = promisify(execFile);

interface CaseResult {
  readonly scenario: string;
  readonly name: string;
  readonly problems: readonly string[];
}

test("crisp verify --faults: after a few faults of each act nothing is lost, and nothing is left", {
  timeout: 600_000,
}, async () => {
  // Exit code 1 says that a case failed: which ones, stands in what it printed.
  const { stdout } = await run(crispPath, ["verify", "--faults", "--quick", "-o", "json"]).catch(
    (error: unknown) => error as { readonly stdout: string },
  );

  const results = JSON.parse(stdout) as readonly CaseResult[];
  expect(results.filter(({ problems }) => problems.length > 0)).toEqual([]);
  expect(new Set(results.map(({ scenario }) => scenario)).size).toBe(9);
});

test("crisp verify --faults refuses what it does not know", async () => {
  const refused = run(crispPath, ["verify", "--faults", "-o", "yaml"]);

  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("-o yaml") as string });
});
