import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** A demo that was left running: what its end needs to know. */
export interface KeptDemo {
  readonly id: string;
  readonly dir: string;
  readonly subnet: string;
  readonly socketPath: string;
}

const keptDir = fileURLToPath(new URL("../../.cache/demo", import.meta.url));

export async function rememberDemo(demo: KeptDemo): Promise<void> {
  await mkdir(keptDir, { recursive: true });
  await writeFile(fileOf(demo), JSON.stringify(demo));
}

export async function forgetDemo(demo: KeptDemo): Promise<void> {
  await rm(fileOf(demo), { force: true });
}

export async function listKeptDemos(): Promise<readonly KeptDemo[]> {
  await mkdir(keptDir, { recursive: true });
  const files = (await readdir(keptDir)).map((name) => readFile(path.join(keptDir, name), "utf8"));
  return (await Promise.all(files)).map((text) => JSON.parse(text) as KeptDemo);
}

function fileOf(demo: KeptDemo): string {
  return path.join(keptDir, `${demo.id}.json`);
}
