import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { OptionsSchema as RuncOptionsSchema } from "#proto/containerd/runc/v1/options_pb.js";
import { OptionsSchema } from "#proto/runtimeoptions/v1/options_pb.js";
import { encodeRuntimeOptions, type OptionValue } from "./runtime-options.ts";

function encode(shimPath: string, options: Readonly<Record<string, OptionValue>>) {
  return encodeRuntimeOptions({ handler: "h", shimPath, root: "/run/h", cgroupDriver: "systemd", options });
}

const runc = "/usr/bin/containerd-shim-runc-v2";
const kata = "containerd-shim-kata-v2";

describe("encodeRuntimeOptions()", () => {
  it("gives runc's shim its own message, with the handler's directory and cgroup driver", () => {
    const any = encode(runc, { binary_name: "/usr/bin/crun", no_pivot_root: true, io_uid: 1000 });

    expect(any?.typeUrl).toBe("containerd.runc.v1.Options");
    expect(fromBinary(RuncOptionsSchema, any?.value ?? new Uint8Array())).toMatchObject({
      root: "/run/h",
      systemdCgroup: true,
      binaryName: "/usr/bin/crun",
      noPivotRoot: true,
      ioUid: 1000,
    });
  });

  it("names the launcher in place of the runtime that it calls", () => {
    const launcherPath = "/var/lib/crisp/programs/runtime-1";
    const given = { handler: "h", root: "/run/h", cgroupDriver: "cgroupfs", options: { binary_name: "runc" } } as const;

    const any = encodeRuntimeOptions({ ...given, shimPath: runc, launcherPath });

    expect(fromBinary(RuncOptionsSchema, any?.value ?? new Uint8Array()).binaryName).toBe(launcherPath);
  });

  it.each([
    [{ binary: "crun" }, "runtimes.h.options.binary: not one of binary_name, no_pivot_root"],
    [{ binary_name: 3 }, "runtimes.h.options.binary_name: must be a text"],
    [{ no_pivot_root: "yes" }, "runtimes.h.options.no_pivot_root: must be a flag"],
    [{ io_uid: -1 }, "runtimes.h.options.io_uid: must be a number"],
  ] satisfies [Record<string, OptionValue>, string][])("refuses %j for runc's shim", (options, problem) => {
    expect(() => encode(runc, options)).toThrow(problem);
  });

  it("gives another shim none when there are none", () => {
    expect(encode(kata, {})).toBeUndefined();
  });

  it.each([
    [{ config_path: "/etc/kata.toml" }, { typeUrl: "", configPath: "/etc/kata.toml", configBody: "" }],
    [
      { type_url: "a.b.C", config_body: "x = 1" },
      { typeUrl: "a.b.C", configPath: "", configBody: "x = 1" },
    ],
    [
      { memory: 512, debug: true },
      { typeUrl: "", configPath: "", configBody: '{"memory":512,"debug":true}' },
    ],
  ] satisfies [Record<string, OptionValue>, object][])("passes %j on to another shim", (options, expected) => {
    const any = encode(kata, options);
    const { typeUrl, configPath, configBody } = fromBinary(OptionsSchema, any?.value ?? new Uint8Array());

    expect(any?.typeUrl).toBe("runtimeoptions.v1.Options");
    expect({ typeUrl, configPath, configBody: Buffer.from(configBody).toString() }).toEqual(expected);
  });

  it("refuses a path that is no text", () => {
    expect(() => encode(kata, { config_path: 3 })).toThrow("runtimes.h.options.config_path: must be a text");
  });
});
