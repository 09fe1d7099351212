import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import type { Crispd } from "../../support/crispd.ts";

const crispPath = path.resolve(import.meta.dirname, "../../../bin/crisp");

/** A finding as `crisp doctor -o json` prints it. */
export interface PrintedFinding {
  readonly severity: string;
  readonly where: string;
  readonly what: string;
  readonly repair: string;
  readonly repairError: string;
}

export interface Examined {
  readonly exitCode: number;
  readonly checks: readonly {
    readonly name: string;
    readonly unexamined: string;
    readonly findings: readonly PrintedFinding[];
  }[];
  readonly mended: readonly PrintedFinding[];
  /** Of all checks. */
  readonly findings: readonly PrintedFinding[];
}

/** Stands for any text of this form in what is expected. */
export function matching(pattern: RegExp): string {
  return expect.stringMatching(pattern) as string;
}

/** Runs `crisp doctor` against a crispd. */
export async function examine({ socketPath }: Pick<Crispd, "socketPath">, ...flags: string[]): Promise<Examined> {
  const args = ["-r", `unix://${socketPath}`, "doctor", "-o", "json", ...flags];
  const { stdout, exitCode } = await runCrisp(args);
  const answer = JSON.parse(stdout) as Pick<Examined, "checks" | "mended">;
  return { ...answer, exitCode, findings: answer.checks.flatMap(({ findings }) => findings) };
}

/** What the doctor finds, and what it could not look at: nothing, on a healthy node. */
export async function ailments(crispd: Pick<Crispd, "socketPath">): Promise<readonly unknown[]> {
  const { exitCode, checks, findings } = await examine(crispd);
  const all = [...findings, ...checks.filter(({ unexamined }) => unexamined !== "")];
  return exitCode === 0 && all.length > 0 ? [...all, "and yet exit code 0"] : all;
}

export interface Broken {
  /** What the finding is about: path or id. */
  readonly where: string;
  readonly what: RegExp;
  readonly severity: "warning" | "problem";
}

/**
 * Fails unless the doctor finds just this, says what it would do without doing it, mends it when it is told to, and
 * finds nothing any more.
 */
export async function expectMended(crispd: Pick<Crispd, "socketPath">, broken: Broken): Promise<void> {
  const expected = {
    severity: broken.severity,
    where: broken.where,
    what: matching(broken.what),
    repair: matching(/./),
    repairError: "",
  };
  const first = await examine(crispd, "--dry-run");
  expect(first.findings).toMatchObject([expected]);
  expect(first.exitCode).toBe(broken.severity === "problem" ? 21 : 20);

  const repaired = await examine(crispd, "--repair");

  expect(repaired.findings).toEqual([]);
  expect(repaired.mended).toMatchObject([expected]);
  expect(repaired.exitCode).toBe(0);
  expect(await ailments(crispd)).toEqual([]);
}

/** What `crisp why` tells of an object. */
export async function whyOf({ socketPath }: Pick<Crispd, "socketPath">, object: string): Promise<string> {
  return (await runCrisp(["-r", `unix://${socketPath}`, "why", object])).stdout;
}

async function runCrisp(args: readonly string[]): Promise<{ readonly stdout: string; readonly exitCode: number }> {
  try {
    return { stdout: (await promisify(execFile)(crispPath, [...args])).stdout, exitCode: 0 };
  } catch (error) {
    const { stdout, code } = error as { readonly stdout: string; readonly code: unknown };
    if (typeof code !== "number" || stdout === "") throw error;
    return { stdout, exitCode: code };
  }
}
