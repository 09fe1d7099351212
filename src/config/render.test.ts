import { describe, expect, it } from "vitest";
import { loadConfig } from "./load.ts";
import { renderConfig, renderDefaultConfig, renderHelp } from "./render.ts";
import type { ConfigFiles, LoadedConfig } from "./types.ts";

function loadText(text: string): Promise<LoadedConfig> {
  const files: ConfigFiles = { readText: async () => text, list: async () => [] };
  return loadConfig({ argv: ["--config", "/c.toml"], env: {} }, files);
}

const everything = `
root = "/quo\\"te"
[metrics]
address = "[::1]:9"
[runtimes."a.b"]
default_rlimits = { nofile = "1024:unlimited" }
allowed_annotations = ["a.*"]
options = { "x y" = [1, { deep = true }], t = "text" }
`;

describe("renderConfig()", () => {
  it("prints a file that loads to the same values", async () => {
    const loaded = await loadText(everything);

    const again = await loadText(renderConfig(loaded));

    expect(again.config).toEqual(loaded.config);
  });

  it("says where each value came from", async () => {
    const text = renderConfig(await loadText(everything));

    expect(text).toContain('address = "[::1]:9" # /c.toml:4\n');
    expect(text).toContain('state = "/run/crisp" # default\n');
  });
});

describe("renderDefaultConfig()", () => {
  it("prints a file that loads to the defaults", async () => {
    const { config } = await loadText(renderDefaultConfig());

    expect(config).toEqual((await loadText("")).config);
  });
});

describe("renderHelp()", () => {
  it.each([
    "--config FILE",
    "--root DIR",
    "--state DIR",
    "--listen unix://PATH",
    "--stream-address HOST:PORT",
    "--cni-conf-dir DIR",
    "--cni-bin-dir DIR[,DIR]",
    "--registry-config-dir DIR[,DIR]",
    "--metrics-address HOST:PORT|unix://PATH",
  ])("tells %s", (usage) => {
    expect(renderHelp()).toContain(`  ${usage} `);
  });
});
