import { expect, test } from "vitest";
import { loadConfig } from "./load.ts";
import { runtimeFromTable, runtimeToTable } from "./runtime-table.ts";
import type { RuntimeConfig } from "./types.ts";

async function runtimeOf(name: string, text: string): Promise<RuntimeConfig> {
  const files = { readText: async (path: string) => (path === "/c.toml" ? text : undefined), list: async () => [] };
  const { config } = await loadConfig({ argv: ["--config", "/c.toml"], env: {} }, files);
  const runtime = config.runtimes[name];
  if (runtime === undefined) throw new Error(`${name} is not configured`);
  return runtime;
}

test("a runtime is what it was after it was kept as JSON, limits and options included", async () => {
  const runtime = await runtimeOf(
    "my.vm",
    `[runtimes."my.vm"]
type = "shim"
path = "/opt/vm-shim"
cni_conf_dir = "/etc/cni/vm.d"
snapshot_options = { metacopy = "on" }
default_rlimits = { core = "unlimited", nofile = "10:20" }
allowed_annotations = ["vm.io/*"]
options = { config_path = "/etc/vm.toml", nested = { n = 1 } }
`,
  );

  const kept: unknown = JSON.parse(JSON.stringify(runtimeToTable("my.vm", runtime)));

  expect(runtimeFromTable("my.vm", kept)).toEqual(runtime);
});

test("what a kept runtime does not say is as by default", async () => {
  expect(runtimeFromTable("crun", { older: true })).toEqual(await runtimeOf("crun", "[runtimes.crun]"));
});

test("a kept runtime with a value that is none is refused by its name", () => {
  expect(() => runtimeFromTable("vm", { type: "magic" })).toThrow("handler vm: type is not one of oci, shim");
  expect(() => runtimeFromTable("vm", [])).toThrow("is not a table");
});
