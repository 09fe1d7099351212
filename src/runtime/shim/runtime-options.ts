import type { Any } from "@bufbuild/protobuf/wkt";
import { Fault } from "#foundation";
import { OptionsSchema as RuncOptionsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import { OptionsSchema } from "#proto/runtimeoptions/v1/options_pb.js";
import { anyOf } from "./any.ts";

/** A value of the configuration's table of options. */
export type OptionValue = string | number | boolean | readonly OptionValue[] | { readonly [name: string]: OptionValue };

/** What the options of a handler are read with. */
interface OptionsInput {
  readonly handler: string;
  readonly shimPath: string;
  readonly root: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Called in place of the runtime beneath runc's shim; it calls that. */
  readonly launcherPath?: string | undefined;
}

type RuncOption = "binary_name" | "no_pivot_root" | "no_new_keyring" | "shim_cgroup" | "io_uid" | "io_gid";

const runcKinds: Readonly<Record<RuncOption, "text" | "flag" | "number">> = {
  binary_name: "text",
  no_pivot_root: "flag",
  no_new_keyring: "flag",
  shim_cgroup: "text",
  io_uid: "number",
  io_gid: "number",
};

/** Whether the shim is one that takes runc's options. */
export function isRuncShim(shimPath: string): boolean {
  return /(?:^|\/)containerd-shim-runc-v\d+$/.test(shimPath);
}

/**
 * The options that a shim is given with each container.
 *
 * Those of runc are typed. Another shim is given what it reads itself: the path of its own file (`config_path`), or a
 * text (`config_body`), under the name of its own message when `type_url` says so; anything else, as JSON.
 *
 * @throws Fault `invalid` naming the key
 */
export function encodeRuntimeOptions(input: OptionsInput): Any | undefined {
  if (isRuncShim(input.shimPath)) return encodeRuncOptions(input);
  const { type_url: typeUrl, config_path: configPath, config_body: configBody, ...others } = input.options;
  const rest = Object.keys(others).length === 0 ? undefined : JSON.stringify(others);
  if (typeUrl === undefined && configPath === undefined && configBody === undefined && rest === undefined) {
    return undefined;
  }
  return anyOf(OptionsSchema, {
    typeUrl: textOf(input, "type_url", typeUrl),
    configPath: textOf(input, "config_path", configPath),
    configBody: Buffer.from(configBody === undefined ? (rest ?? "") : textOf(input, "config_body", configBody)),
  });
}

function encodeRuncOptions(input: OptionsInput): Any {
  for (const [name, value] of Object.entries(input.options)) checkRuncOption(input, name, value);
  const { binary_name, no_pivot_root, no_new_keyring, shim_cgroup, io_uid, io_gid } = input.options;
  return anyOf(RuncOptionsSchema, {
    root: input.root,
    systemdCgroup: input.cgroupDriver === "systemd",
    binaryName: input.launcherPath ?? textOf(input, "binary_name", binary_name),
    noPivotRoot: no_pivot_root === true,
    noNewKeyring: no_new_keyring === true,
    shimCgroup: textOf(input, "shim_cgroup", shim_cgroup),
    ioUid: Number(io_uid ?? 0),
    ioGid: Number(io_gid ?? 0),
  });
}

function checkRuncOption(input: OptionsInput, name: string, value: OptionValue): void {
  const kind = Object.hasOwn(runcKinds, name) ? runcKinds[name as RuncOption] : undefined;
  if (kind === undefined) throw badOption(input, name, `not one of ${Object.keys(runcKinds).join(", ")}`);
  const isRight =
    kind === "number"
      ? Number.isInteger(value) && Number(value) >= 0
      : typeof value === (kind === "flag" ? "boolean" : "string");
  if (!isRight) throw badOption(input, name, `must be a ${kind}`);
}

function textOf(input: OptionsInput, name: string, value: OptionValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") throw badOption(input, name, "must be a text");
  return value;
}

function badOption({ handler }: OptionsInput, name: string, problem: string): Fault {
  return new Fault("invalid", `runtimes.${handler}.options.${name}: ${problem}`, {
    reason: { code: "runtime.shim-option", name },
  });
}
