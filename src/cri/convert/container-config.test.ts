import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { ContainerConfigSchema, Signal } from "#proto/cri/v1/runtime_pb.js";
import { containerConfigFromProto, stopSignalToProto } from "./container-config.ts";

const named = { metadata: { name: "web" }, image: { image: "busybox" } };

function convert(init: MessageInitShape<typeof ContainerConfigSchema>) {
  return containerConfigFromProto(create(ContainerConfigSchema, init));
}

test.each([
  [{ image: named.image }, "config.metadata: must not be empty"],
  [{ metadata: named.metadata }, "image: must not be empty"],
  [{ ...named, windows: {} }, "config.windows: this is a Linux node"],
  [{ ...named, envs: [{ key: "A", value: new Uint8Array([0xff]) }] }, "the value of A is not UTF-8"],
])("containerConfigFromProto() refuses %j", (init, message) => {
  expect(() => convert(init)).toThrow(message);
});

test("containerConfigFromProto() reads variables as text", () => {
  const envs = [{ key: "A", value: new TextEncoder().encode("ü=1") }];

  expect(convert({ ...named, envs }).environment).toEqual([{ key: "A", value: "ü=1" }]);
});

test.each([
  [Signal.RUNTIME_DEFAULT, undefined],
  [Signal.SIGUSR1, "SIGUSR1"],
  [Signal.SIGRTMINPLUS3, "SIGRTMIN+3"],
  [Signal.SIGRTMAXMINUS2, "SIGRTMAX-2"],
])("containerConfigFromProto() reads stop signal %i as %s", (stopSignal, name) => {
  expect(convert({ ...named, stopSignal }).stopSignal).toBe(name);
});

test.each([
  [15, Signal.SIGTERM],
  [6, Signal.SIGABRT],
  [17, Signal.SIGCHLD],
  [34, Signal.SIGRTMIN],
  [37, Signal.SIGRTMINPLUS3],
  [62, Signal.SIGRTMAXMINUS2],
  [64, Signal.SIGRTMAX],
  [32, Signal.RUNTIME_DEFAULT],
])("stopSignalToProto(%i) is %i", (number, signal) => {
  expect(stopSignalToProto(number)).toBe(signal);
});
