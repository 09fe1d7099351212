import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
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

test("crisp verify --faults, interrupted, says how far it got, and takes everything away", async () => {
  const args = ["verify", "--faults", "--only", "remove-image", "--jobs", "1"];
  const child = spawn(crispPath, args, { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  const firstCase = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => void (/^1\//m.test(String(chunk)) && resolve()));
  });
  child.stdout.on("data", (chunk: Buffer) => void output.push(String(chunk)));
  const closed = once(child, "close");
  await Promise.race([firstCase, closed]);

  // To the whole group, as a terminal does it.
  process.kill(-(child.pid ?? 0), "SIGINT");

  expect(await closed).toEqual([130, null]);
  expect(output.join("")).toMatch(/^interrupted after 2 of 5 faults, none of which has left something/m);
});

test("crisp verify --faults refuses what it does not know", async () => {
  const refused = run(crispPath, ["verify", "--faults", "-o", "yaml"]);

  await expect(refused).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("-o yaml") as string });
});
