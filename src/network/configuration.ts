import { extname, join } from "node:path";
import { messageOf } from "#foundation";
import type { Files } from "#host";
import { type CniNetworkConfig, type CniPluginConfig, decodeCniNetworkConfig, decodeCniPluginConfig } from "#spec";
import { emptyConfiguration } from "./faults.ts";

/** What a directory of configurations says. */
export type FoundConfiguration =
  | {
      readonly kind: "found";
      readonly file: string;
      readonly config: CniNetworkConfig;
      readonly skipped: readonly string[];
    }
  | { readonly kind: "none"; readonly skipped: readonly string[] };

type ReadFiles = Pick<Files, "list" | "readText">;

const extensions: ReadonlySet<string> = new Set([".conflist", ".conf", ".json"]);
const maxFileBytes = 1_048_576;

/** The first configuration in order of file names that is valid; those before it are told in `skipped`. */
export async function findConfiguration(files: ReadFiles, confDir: string): Promise<FoundConfiguration> {
  const names = await files.list(confDir);
  const skipped: string[] = [];
  for (const file of names.filter((name) => extensions.has(extname(name)))) {
    try {
      return { kind: "found", file, config: await readConfiguration(files, confDir, file), skipped };
    } catch (error) {
      skipped.push(messageOf(error));
    }
  }
  return { kind: "none", skipped };
}

/** Directory of further plugins for a network, beside its configuration. */
export function pluginDirectory(confDir: string, networkName: string): string {
  return join(confDir, networkName);
}

async function readConfiguration(files: ReadFiles, confDir: string, file: string): Promise<CniNetworkConfig> {
  const text = await files.readText(join(confDir, file), { maxBytes: maxFileBytes });
  const config = decodeCniNetworkConfig(text, file);
  if (config.loadOnlyInlinedPlugins) return config;
  const added = await readAddedPlugins(files, pluginDirectory(confDir, config.name));
  const plugins = [...config.plugins, ...added];
  if (plugins.length === 0) throw emptyConfiguration(file);
  return { ...config, plugins };
}

async function readAddedPlugins(files: ReadFiles, directory: string): Promise<readonly CniPluginConfig[]> {
  const names = await files.list(directory);
  const wanted = names.filter((name) => extname(name) === ".conf").map((name) => join(directory, name));
  return await Promise.all(
    wanted.map(async (path) => decodeCniPluginConfig(await files.readText(path, { maxBytes: maxFileBytes }), path)),
  );
}
