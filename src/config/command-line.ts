import { badFlag } from "./faults.ts";
import { nearest } from "./nearest.ts";
import { type KeyedSetting, listSettings } from "./settings.ts";

/** What crispd was called to do, and the values its flags gave. */
export interface CommandLine {
  readonly ask: "serve" | "help" | "version";
  /** The file of --config; undefined when the flag was not given. */
  readonly configFile: string | undefined;
  /** Texts of flags by flag; of a repeated flag the last. */
  readonly flags: ReadonlyMap<string, string>;
}

const configFlag = "--config";

/**
 * Reads crispd's command line: `--flag VALUE` or `--flag=VALUE`.
 *
 * @throws Fault `invalid` on an unknown flag, a flag without its value, or anything that is no flag
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const known = [configFlag, ...flaggedSettings().map(({ flag }) => flag)];
  const flags = new Map<string, string>();
  const rest = [...argv];
  let ask: CommandLine["ask"] = "serve";
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--help" || word === "-h") ask = "help";
    else if (word === "--version" || word === "-v") ask = "version";
    else flags.set(...readFlag(word, rest, known));
  }
  return { ask, configFile: flags.get(configFlag), flags };
}

/** The settings that have a flag, with it. */
export function flaggedSettings(): readonly (KeyedSetting & { readonly flag: string })[] {
  return listSettings().flatMap((keyed) =>
    keyed.setting.flag === undefined ? [] : [{ ...keyed, flag: keyed.setting.flag }],
  );
}

function readFlag(word: string, rest: string[], known: readonly string[]): [flag: string, value: string] {
  const equals = word.indexOf("=");
  const flag = equals === -1 ? word : word.slice(0, equals);
  if (!flag.startsWith("-")) throw badFlag(flag, "crispd takes flags only");
  if (!known.includes(flag)) throw badFlag(flag, `unknown; the nearest known flag is ${nearest(flag, known)}`);
  const value = equals === -1 ? rest.shift() : word.slice(equals + 1);
  if (value === undefined) throw badFlag(flag, "its value is missing");
  return [flag, value];
}
