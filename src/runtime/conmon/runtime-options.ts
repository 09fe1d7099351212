import { basename } from "node:path";
import { Fault } from "#foundation";

/** A value of the configuration's table of options. */
type OptionValue = string | number | boolean | readonly OptionValue[] | { readonly [name: string]: OptionValue };

/** What a handler's options are read with. */
export interface OptionsInput {
  readonly handler: string;
  readonly runtimePath: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What a handler's options become. */
export interface OptionArguments {
  /** Before each subcommand of the runtime. */
  readonly runtime: readonly string[];
  /** Of the monitor, which calls the runtime's create. */
  readonly monitor: readonly string[];
}

/** Options of runc and of those that take its place, each with the flag of conmon that stands for it. */
const runcFlags: Readonly<Record<string, readonly string[]>> = {
  no_pivot_root: ["--no-pivot"],
  no_new_keyring: ["--no-new-keyring"],
  systemd_cgroup: [],
};

/**
 * Reads the options of an OCI runtime.
 *
 * Those of runc and crun are typed. Any other runtime is given its own as global flags, `platform = "kvm"` as
 * `--platform=kvm`; `true` is the flag alone, and a list repeats it.
 *
 * @throws Fault `invalid` naming the key
 */
export function readOptions(input: OptionsInput): OptionArguments {
  if (isRuncLike(input.runtimePath)) return readRuncOptions(input);
  return { runtime: Object.entries(input.options).flatMap(flagsOf(input)), monitor: [] };
}

/** Whether a program is runc, or one that was made to take its place in everything. */
export function isRuncLike(runtimePath: string): boolean {
  return ["runc", "crun"].includes(basename(runtimePath));
}

function readRuncOptions(input: OptionsInput): OptionArguments {
  const monitor = Object.entries(input.options).flatMap(([name, value]) => {
    const flags = Object.hasOwn(runcFlags, name) ? runcFlags[name] : undefined;
    if (flags === undefined) throw badOption(input, name, `not one of ${Object.keys(runcFlags).join(", ")}`);
    if (typeof value !== "boolean") throw badOption(input, name, "must be true or false");
    if (name === "systemd_cgroup") assertDriver(input, value);
    return value ? flags : [];
  });
  return { runtime: [], monitor };
}

/** Cgroups are made by one of two for all handlers: pods of both kinds could not share a node's tree. */
function assertDriver(input: OptionsInput, wantsSystemd: boolean): void {
  if (wantsSystemd === (input.cgroupDriver === "systemd")) return;
  throw badOption(input, "systemd_cgroup", `this node's cgroup.driver is ${input.cgroupDriver}`);
}

function flagsOf(input: OptionsInput): (option: readonly [string, OptionValue]) => readonly string[] {
  return ([name, value]) => {
    if (!/^[A-Za-z][\w-]*$/.test(name)) throw badOption(input, name, "is no flag's name");
    if (value === true) return [`--${name}`];
    if (typeof value !== "object") return [`--${name}=${value}`];
    if (!isList(value)) throw badOption(input, name, "a flag cannot be a table");
    return value.flatMap((item) => flagsOf(input)([name, item]));
  };
}

function isList(value: object): value is readonly OptionValue[] {
  return Array.isArray(value);
}

function badOption({ handler }: OptionsInput, name: string, problem: string): Fault {
  return new Fault("invalid", `runtimes.${handler}.options.${name}: ${problem}`, {
    reason: { code: "runtime.option", name },
  });
}
