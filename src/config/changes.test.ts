import { expect, test } from "vitest";
import { listChanges } from "./changes.ts";
import { loadConfig } from "./load.ts";
import type { Config } from "./types.ts";

async function configOf(text: string): Promise<Config> {
  const files = { readText: async (path: string) => (path === "/c.toml" ? text : undefined), list: async () => [] };
  return (await loadConfig({ argv: ["--config", "/c.toml"], env: {} }, files)).config;
}

test("listChanges() finds nothing between equal configurations", async () => {
  const [one, other] = [await configOf("[images]\nkeep_blobs = true"), await configOf("images.keep_blobs = true")];
  expect(listChanges(one, other)).toEqual([]);
});

test("listChanges() tells what waits for the next start from what does not", async () => {
  const before = await configOf("");
  const after = await configOf('root = "/srv/crisp"\n[images]\nkeep_blobs = true\n[cni]\nbin_dirs = ["/opt/bin"]');
  expect(listChanges(before, after)).toEqual([
    { key: "root", before: "/var/lib/crisp", after: "/srv/crisp", needsRestart: true },
    { key: "cni.bin_dirs", before: ["/opt/cni/bin", "/usr/lib/cni"], after: ["/opt/bin"], needsRestart: false },
    { key: "images.keep_blobs", before: false, after: true, needsRestart: false },
  ]);
});

test("listChanges() names every setting of a runtime that came", async () => {
  const changes = listChanges(await configOf(""), await configOf("[runtimes.crun]"));
  expect(changes).toContainEqual({ key: "runtimes.crun.path", before: undefined, after: "crun", needsRestart: false });
});
