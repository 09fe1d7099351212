import { stringify } from "smol-toml";
import { flaggedSettings } from "./command-line.ts";
import { describeSource } from "./faults.ts";
import { builtinRuntime, type KeyedSetting, listRuntimeSettings, listSettings } from "./settings.ts";
import type { LoadedConfig } from "./types.ts";
import { valueAt } from "./value-at.ts";

/** Prints a configuration as a file that would load to it, each value with where it came from. */
export function renderConfig({ config, provenance }: LoadedConfig): string {
  const all = [...listSettings(), ...Object.keys(config.runtimes).flatMap(listRuntimeSettings)];
  return renderFile(all, ({ key, setting }) => {
    const source = provenance.get(key);
    const comment = source === undefined ? "" : ` # ${describeSource(source)}`;
    return assignment(key, setting.kind.toFile(valueAt(config, key))) + comment;
  });
}

/** Prints the defaults as a file to start from, each value under what it is for. */
export function renderDefaultConfig(): string {
  const all = [...listSettings(), ...listRuntimeSettings(builtinRuntime)];
  return renderFile(
    all,
    ({ key, setting }) => `# ${setting.about}\n${assignment(key, setting.kind.toFile(setting.fallback))}`,
  );
}

/** What `crispd --help` prints. */
export function renderHelp(): string {
  const rows = [
    ["--config FILE", "the configuration file; conf.d/*.toml beside it is read after it"],
    ...flaggedSettings().map(({ flag, setting }) => [`${flag} ${setting.kind.placeholder}`, setting.about]),
    ["--help", "print this and exit"],
    ["--version", "print the version and exit"],
  ];
  const width = Math.max(...rows.map(([usage = ""]) => usage.length));
  const lines = rows.map(([usage = "", about = ""]) => `  ${usage.padEnd(width)}  ${about}`);
  return [
    "Usage: crispd [flags]",
    "",
    "Serves the Container Runtime Interface on a unix socket.",
    "",
    ...lines,
    "",
  ].join("\n");
}

/** Lays keys out as TOML: those without a section first, then each section under its header. */
function renderFile(all: readonly KeyedSetting[], line: (keyed: KeyedSetting) => string): string {
  const sections = Map.groupBy(all, ({ key }) => sectionOf(key));
  return [...sections]
    .map(([section, members]) => [...(section === "" ? [] : [`[${section}]`]), ...members.map(line)].join("\n"))
    .map((text) => `${text}\n`)
    .join("\n");
}

function assignment(key: string, value: unknown): string {
  const name = key.slice(key.lastIndexOf(".") + 1);
  return `${name} = ${inlineToml(value)}`;
}

function inlineToml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inlineToml).join(", ")}]`;
  if (typeof value !== "object" || value === null) return stringify({ value }).trim().slice("value = ".length);
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)} = ${inlineToml(inner)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

function sectionOf(key: string): string {
  const end = key.lastIndexOf(".");
  if (end === -1) return "";
  const section = key.slice(0, end);
  const runtime = /^runtimes\.(.+)$/.exec(section)?.[1];
  return runtime?.includes(".") ? `runtimes.${JSON.stringify(runtime)}` : section;
}
