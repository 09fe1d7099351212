import { describe, expect, it } from "vitest";
import { loadConfig } from "./load.ts";
import { renderConfig } from "./render.ts";
import type { ConfigFiles, LoadedConfig } from "./types.ts";

function filesOf(texts: Readonly<Record<string, string>>): ConfigFiles {
  return {
    readText: async (path) => texts[path],
    list: async (directory) =>
      Object.keys(texts)
        .filter((path) => path.startsWith(`${directory}/`))
        .map((path) => path.slice(directory.length + 1))
        .reverse(),
  };
}

function load(
  texts: Readonly<Record<string, string>>,
  argv: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<LoadedConfig> {
  return loadConfig({ argv, env }, filesOf(texts));
}

const main = "/etc/crisp/config.toml";

describe("loadConfig()", () => {
  it("has a complete default without any file", async () => {
    const { config, provenance } = await load({});

    expect(config.root).toBe("/var/lib/crisp");
    expect(config.listen).toBe("/run/crisp/crisp.sock");
    expect(config.runtimes["runc"]).toMatchObject({ type: "oci", path: "runc", root: "", options: {} });
    expect(new Set([...provenance.values()].map(({ from }) => from))).toEqual(new Set(["default"]));
  });

  it("lets flags win over the environment, that over drop-ins, those over the file", async () => {
    const texts = {
      [main]:
        'root = "/file"\nstate = "/file"\nlisten = "/file"\ndefault_runtime = "runc"\n[cni]\nconf_dir = "/file"\n',
      "/etc/crisp/conf.d/10.toml": 'root = "/ten"\nstate = "/ten"\nlisten = "/ten"\n',
      "/etc/crisp/conf.d/20.toml": 'root = "/twenty"\nstate = "/twenty"\nlisten = "/twenty"\n',
    };

    const { config, provenance } = await load(texts, ["--root", "/flag"], { CRISP_ROOT: "/env", CRISP_STATE: "/env" });

    expect([config.root, config.state, config.listen, config.cni.confDir]).toEqual([
      "/flag",
      "/env",
      "/twenty",
      "/file",
    ]);
    expect(provenance.get("root")).toEqual({ from: "flag", name: "--root" });
    expect(provenance.get("state")).toEqual({ from: "environment", name: "CRISP_STATE" });
    expect(provenance.get("listen")).toEqual({ from: "file", file: "/etc/crisp/conf.d/20.toml", line: 3 });
    expect(provenance.get("cni.conf_dir")).toEqual({ from: "file", file: main, line: 6 });
  });

  it("reads lists from flags at commas", async () => {
    const { config } = await load({}, ["--cni-bin-dir=/a,/b"]);

    expect(config.cni.binDirs).toEqual(["/a", "/b"]);
  });

  it("reads the drop-ins beside the file that --config names, and not those of /etc", async () => {
    const texts = {
      "/x/crisp.toml": "",
      "/x/conf.d/1.toml": 'root = "/x"',
      "/etc/crisp/conf.d/1.toml": 'root = "/etc"',
    };

    const { config } = await load(texts, ["--config", "/x/crisp.toml"]);

    expect(config.root).toBe("/x");
  });

  it("refuses a named file that does not exist", async () => {
    await expect(load({}, ["--config", "/none.toml"])).rejects.toMatchObject({
      kind: "not-found",
      message: "configure from /none.toml: no such file",
    });
  });

  it("names file, line and the nearest key of an unknown one", async () => {
    await expect(load({ [main]: "\n[cni]\n# why\nconf_dirs = 4\n" })).rejects.toMatchObject({
      kind: "invalid",
      reason: { code: "config.unknown-key", key: "cni.conf_dirs", nearest: "cni.conf_dir" },
      message: `configure from ${main}:4: unknown key cni.conf_dirs; the nearest known key is cni.conf_dir`,
    });
  });

  it("names the line of text that is not TOML", async () => {
    await expect(load({ [main]: '[cni]\nconf_dir = "/a\n' })).rejects.toMatchObject({
      kind: "invalid",
      reason: { code: "config.bad-syntax", source: { file: main, line: 2 } },
    });
  });

  it("merges runtimes key by key and names a runtime's program after it", async () => {
    const texts = {
      [main]: '[runtimes.crun]\n[runtimes.runc]\nroot = "/r"\n[runtimes.runc.options]\nsystemd = true\n',
      "/etc/crisp/conf.d/1.toml": '[runtimes.runc]\npath = "/opt/runc"\n',
    };

    const { config, provenance } = await load(texts);

    expect(config.runtimes["runc"]).toMatchObject({
      type: "oci",
      path: "/opt/runc",
      root: "/r",
      options: { systemd: true },
    });
    expect(config.runtimes["crun"]).toMatchObject({ type: "oci", path: "crun", root: "", options: {} });
    expect(provenance.get("runtimes.runc.root")).toEqual({ from: "file", file: main, line: 3 });
  });

  it("reads what a runtime gives to all of its containers", async () => {
    const text = `[runtimes.runc]
default_rlimits = { nofile = "1024:4096", core = "unlimited", nproc = 64 }
default_annotations = { "run.oci.keep" = "yes" }
allowed_annotations = ["io.katacontainers.*"]
device_ownership_from_security_context = true
`;

    const { config } = await load({ [main]: text });

    expect(config.runtimes["runc"]).toMatchObject({
      defaultRlimits: {
        nofile: { soft: 1024n, hard: 4096n },
        core: { soft: 2n ** 64n - 1n, hard: 2n ** 64n - 1n },
        nproc: { soft: 64n, hard: 64n },
      },
      defaultAnnotations: { "run.oci.keep": "yes" },
      allowedAnnotations: ["io.katacontainers.*"],
      deviceOwnershipFromSecurityContext: true,
      cgroupWritable: false,
    });
  });

  it("accepts an empty section", async () => {
    const { config } = await load({ [main]: "[cni]\n[runtimes]\n" });

    expect(Object.keys(config.runtimes)).toEqual(["runc"]);
  });

  it("freezes what it returns, to the leaves", async () => {
    const { config } = await load({ [main]: "[runtimes.runc.options]\na = [1]\n" });

    const parts = [config, config.cni, config.cni.binDirs, config.runtimes, config.runtimes["runc"]?.options["a"]];

    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true, true, true]);
  });

  it.each([
    ["root", 'root = "var"'],
    ["root", 'root = "/a/../b"'],
    ["root", "root = 4"],
    ["listen", `listen = "unix:///${"x".repeat(107)}"`],
    ["listen", 'listen = "tcp://1.2.3.4:5"'],
    ["streaming.address", 'streaming.address = "1.2.3.4"'],
    ["streaming.address", 'streaming.address = "1.2.3.4:65536"'],
    ["streaming.address", 'streaming.address = ":80"'],
    ["cni.bin_dirs", 'cni.bin_dirs = ["bin"]'],
    ["cni.bin_dirs", "cni.bin_dirs = []"],
    ["log.level", 'log.level = "loud"'],
    ["cgroup.parent", 'cgroup.parent = "crisp"'],
    ["images.max_concurrent_downloads", "images.max_concurrent_downloads = 0"],
    ["images.keep_blobs", 'images.keep_blobs = "yes"'],
    ["runtimes.runc.type", 'runtimes.runc.type = "vm"'],
    ["runtimes.runc.path", 'runtimes.runc.path = "bin/runc"'],
    ["runtimes.runc.cni_conf_dir", 'runtimes.runc.cni_conf_dir = "net.d"'],
    ["runtimes.runc.snapshot_options", 'runtimes.runc.snapshot_options = { lowerdir = "/" }'],
    ["runtimes.runc.snapshot_options", 'runtimes.runc.snapshot_options = { metacopy = "on", redirect_dir = "off" }'],
    ["runtimes.runc.default_rlimits", 'runtimes.runc.default_rlimits = { files = "1" }'],
    ["runtimes.runc.default_rlimits", 'runtimes.runc.default_rlimits = { nofile = "2:1" }'],
    ["runtimes.runc.default_rlimits", 'runtimes.runc.default_rlimits = { nofile = "-1" }'],
    ["runtimes.runc.default_annotations", "runtimes.runc.default_annotations = { a = 1 }"],
    ["runtimes.runc.allowed_annotations", 'runtimes.runc.allowed_annotations = [""]'],
    ["runtimes.runc.options", "runtimes.runc.options = 4"],
    ["runtimes.runc.options", "runtimes.runc.options.since = 2026-01-01"],
  ])("refuses %s given as %s, naming the line", async (key, text) => {
    await expect(load({ [main]: `\n${text}\n` })).rejects.toMatchObject({
      kind: "invalid",
      reason: { code: "config.wrong-value", key, source: { file: main, line: 2 } },
    });
  });

  it("names the flag of a wrong value", async () => {
    await expect(load({}, ["--log-level", "loud"])).rejects.toMatchObject({
      message: 'configure from flag --log-level: log.level = "loud" is not one of trace, debug, info, warn, error',
    });
  });

  it("reads numbers and truth from the environment", async () => {
    const env = { CRISP_IMAGES_MAX_CONCURRENT_DOWNLOADS: "3", CRISP_IMAGES_KEEP_BLOBS: "true" };

    const { config } = await load({}, [], env);

    expect(config.images).toMatchObject({ maxConcurrentDownloads: 3, keepBlobs: true });
  });

  it("names the variable of a wrong value", async () => {
    await expect(load({}, [], { CRISP_IMAGES_KEEP_BLOBS: "yes" })).rejects.toMatchObject({
      reason: { code: "config.wrong-value", source: { from: "environment", name: "CRISP_IMAGES_KEEP_BLOBS" } },
    });
  });

  it("refuses a default runtime that does not exist", async () => {
    await expect(load({ [main]: 'default_runtime = "crun"' })).rejects.toMatchObject({
      message: `configure from ${main}:1: default_runtime names crun, which is none of the runtimes runc`,
    });
  });

  it("refuses a slice for cgroupfs", async () => {
    await expect(load({ [main]: 'cgroup = { driver = "cgroupfs", parent = "a.slice" }' })).rejects.toMatchObject({
      reason: { code: "config.contradiction", source: { line: 1 } },
    });
  });

  it("accepts an IPv6 address in brackets and an empty metrics address", async () => {
    const { config } = await load({}, ["--stream-address", "[::1]:0", "--metrics-address="]);

    expect(config.streaming.address).toEqual({ host: "::1", port: 0 });
    expect(config.metrics.address).toBeUndefined();
  });

  it.each([
    ["127.0.0.1:9090", { host: "127.0.0.1", port: 9090 }],
    ["[::1]:0", { host: "::1", port: 0 }],
    ["localhost:1", { host: "localhost", port: 1 }],
    ["unix:///run/crisp/metrics.sock", { socketPath: "/run/crisp/metrics.sock" }],
  ])("takes %s as an address for metrics, and prints it so", async (text, expected) => {
    const loaded = await load({}, [`--metrics-address=${text}`]);

    expect(loaded.config.metrics.address).toEqual(expected);
    expect(renderConfig(loaded)).toContain(`address = "${text}"`);
  });

  it.each([
    "0.0.0.0:9090",
    "192.168.1.4:9090",
    "node.example:9090",
    "unix://relative",
    "127.0.0.1",
    "127.0.0.1.evil:1",
  ])("refuses %s as an address for metrics: others could reach it, or it is none", async (text) => {
    await expect(load({}, [`--metrics-address=${text}`])).rejects.toMatchObject({
      reason: { code: "config.wrong-value", key: "metrics.address" },
    });
  });

  it.each(["127.0.0.1:4317", "ftp://x", "http://me:secret@collector:4318", "http://collector/?key=secret"])(
    "refuses %s as an endpoint for traces",
    async (endpoint) => {
      await expect(load({ [main]: `[tracing]\nendpoint = "${endpoint}"` })).rejects.toMatchObject({
        reason: { code: "config.wrong-value", key: "tracing.endpoint" },
      });
    },
  );
});
