import path from "node:path";
import { flaggedSettings, parseCommandLine } from "./command-line.ts";
import { contradiction, missingFile, unknownKey, wrongValue } from "./faults.ts";
import { isHandlerName, isTable } from "./kinds.ts";
import { nearest } from "./nearest.ts";
import {
  assembleRuntime,
  assembleSettings,
  builtinRuntime,
  type KeyedSetting,
  listRuntimeSettings,
  listSettings,
  variableOf,
} from "./settings.ts";
import { type FileEntry, parseTomlFile } from "./toml-file.ts";
import type { Config, ConfigFiles, LoadedConfig, Source } from "./types.ts";

/** The file that is read when --config names none. */
const defaultConfigFile = "/etc/crisp/config.toml";

export interface LoadOptions {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  /** @default the environment of the process */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The layers' values by key, each with its source; a later layer replaces an earlier one. */
class Values {
  readonly #values = new Map<string, unknown>();
  readonly #sources = new Map<string, Source>();

  /** @throws Fault `invalid` when the setting's kind refuses the value */
  set({ key, setting }: KeyedSetting, value: unknown, source: Source): void {
    const accepted = setting.kind.accept(value);
    if (accepted === undefined) throw wrongValue(key, value, setting.kind.expected, source);
    this.#values.set(key, deepFreeze(accepted.value));
    this.#sources.set(key, source);
  }

  setFallbacks(keyed: readonly KeyedSetting[]): void {
    for (const { key, setting } of keyed) {
      if (this.#sources.has(key)) continue;
      this.#values.set(key, deepFreeze(setting.fallback));
      this.#sources.set(key, { from: "default" });
    }
  }

  get byKey(): ReadonlyMap<string, unknown> {
    return this.#values;
  }

  get sources(): ReadonlyMap<string, Source> {
    return this.#sources;
  }

  runtimeNames(): readonly string[] {
    const names = [...this.#values.keys()].filter((key) => key.startsWith("runtimes.")).map(runtimeNameOf);
    return [...new Set(names)];
  }
}

/**
 * Loads the configuration: defaults, then the file, then conf.d/*.toml beside
 * it in order of name, then CRISP_* variables, then flags.
 *
 * A missing default file is no error; a missing file that --config names is.
 *
 * @throws Fault `not-found` when the named file does not exist
 * @throws Fault `invalid` on a bad flag, an unknown key or a wrong value, naming where it stands
 */
export async function loadConfig(options: LoadOptions, files: ConfigFiles): Promise<LoadedConfig> {
  const commandLine = parseCommandLine(options.argv);
  const values = new Values();
  values.setFallbacks([...listSettings(), ...listRuntimeSettings(builtinRuntime)]);
  for (const entry of await readEntries(commandLine.configFile, files)) applyEntry(values, entry);
  applyEnvironment(values, options.env ?? process.env);
  applyFlags(values, commandLine.flags);
  for (const name of values.runtimeNames()) values.setFallbacks(listRuntimeSettings(name));
  const config = toConfig(values);
  checkTogether(config, values.sources);
  return { config, provenance: values.sources };
}

async function readEntries(named: string | undefined, files: ConfigFiles): Promise<FileEntry[]> {
  const main = named ?? defaultConfigFile;
  const dropIns = path.posix.join(path.posix.dirname(main), "conf.d");
  const names = (await files.list(dropIns)).filter((name) => name.endsWith(".toml")).toSorted();
  const entries: FileEntry[] = [];
  for (const file of [main, ...names.map((name) => path.posix.join(dropIns, name))]) {
    const text = await files.readText(file);
    if (text === undefined && file === named) throw missingFile(file);
    if (text !== undefined) entries.push(...parseTomlFile(file, text, isFreeTable));
  }
  return entries;
}

function applyEntry(values: Values, { path: keyPath, value, source }: FileEntry): void {
  const key = keyPath.join(".");
  const [section, name] = keyPath;
  const isRuntime = section === "runtimes" && name !== undefined;
  if (isRuntime && !isHandlerName(name)) throw wrongValue("runtimes", name, "a name for a runtime", source);
  const known = isRuntime ? listRuntimeSettings(name) : listSettings();
  const keyed = known.find((candidate) => candidate.key === key);
  if (keyed !== undefined) values.set(keyed, value, source);
  else if (!isEmptySection(key, value, known))
    throw unknownKey(
      key,
      source,
      nearest(
        key,
        known.map((candidate) => candidate.key),
      ),
    );
  else if (isRuntime) values.setFallbacks(known);
}

/** Whether a table holds nothing but could: for a runtime that is enough to exist. */
function isEmptySection(key: string, value: unknown, known: readonly KeyedSetting[]): boolean {
  return isTable(value) && (key === "runtimes" || known.some((candidate) => candidate.key.startsWith(`${key}.`)));
}

function applyEnvironment(values: Values, env: Readonly<Record<string, string | undefined>>): void {
  for (const keyed of listSettings()) {
    const name = variableOf(keyed.key);
    const text = env[name];
    if (text !== undefined) values.set(keyed, keyed.setting.kind.fromText(text), { from: "environment", name });
  }
}

function applyFlags(values: Values, flags: ReadonlyMap<string, string>): void {
  for (const keyed of flaggedSettings()) {
    const text = flags.get(keyed.flag);
    if (text !== undefined) values.set(keyed, keyed.setting.kind.fromText(text), { from: "flag", name: keyed.flag });
  }
}

function toConfig(values: Values): Config {
  const runtimes = values.runtimeNames().map((name) => [name, assembleRuntime(name, values.byKey)] as const);
  return Object.freeze({
    ...assembleSettings(values.byKey),
    runtimes: Object.freeze(Object.fromEntries(runtimes)),
  });
}

function checkTogether({ defaultRuntime, runtimes, cgroup }: Config, sources: ReadonlyMap<string, Source>): void {
  const sourceOf = (key: string): Source => sources.get(key) ?? { from: "default" };
  if (runtimes[defaultRuntime] === undefined) {
    const problem = `names ${defaultRuntime}, which is none of the runtimes ${Object.keys(runtimes).join(", ")}`;
    throw contradiction("default_runtime", problem, sourceOf("default_runtime"));
  }
  if (cgroup.driver === "cgroupfs" && !cgroup.parent.startsWith("/")) {
    const problem = `names the slice ${cgroup.parent}, which the cgroupfs driver cannot make`;
    throw contradiction("cgroup.parent", problem, sourceOf("cgroup.parent"));
  }
}

function isFreeTable(keyPath: readonly string[]): boolean {
  const [section, name = "", ...rest] = keyPath;
  if (section !== "runtimes" || rest.length !== 1) return false;
  const found = listRuntimeSettings(name).find(({ key }) => key === keyPath.join("."));
  return found?.setting.kind.placeholder === "TABLE";
}

function runtimeNameOf(key: string): string {
  return key.split(".").slice(1, -1).join(".");
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
