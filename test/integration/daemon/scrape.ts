import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import type { Crispd } from "../../support/crispd.ts";

/** What crispd has logged so far. */
export async function linesOf({
  logFile,
}: Pick<Crispd, "logFile">): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const text = await readFile(logFile, "utf8");
  return text
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

/** The metrics of a crispd that serves them, by name and labels. */
export async function scrapeOf(crispd: Pick<Crispd, "logFile">): Promise<ReadonlyMap<string, number>> {
  const serving = (await linesOf(crispd)).findLast(({ msg }) => msg === "serving metrics");
  const answer = await fetch(`http://${String(serving?.["address"])}/metrics`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/plain")]);
  const lines = (await answer.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}
