import { expect, it } from "vitest";
import { exampleInput } from "../fake/example-input.ts";
import { buildContainerSpec } from "./build-container-spec.ts";
import type { CdiInjection } from "./inject-cdi.ts";

const nothing: CdiInjection = { names: [], env: [], devices: [], mounts: [], hooks: [], additionalGids: [] };

function inject(changes: Partial<CdiInjection>) {
  const input = exampleInput({
    input: { cdi: { ...nothing, ...changes }, user: { uid: 7, gid: 8, additionalGids: [8] } },
  });
  return buildContainerSpec(input).spec;
}

it("puts variables, groups and hooks of devices into the document", () => {
  const { process, hooks } = inject({
    env: ["HOSTNAME=other", "GPU=0"],
    additionalGids: [44, 8],
    hooks: [{ hookName: "createRuntime", path: "/bin/hook", args: ["hook"], env: [], timeoutSeconds: 2 }],
  });

  expect(process.env.filter((entry) => !entry.startsWith("PATH="))).toEqual(["HOSTNAME=other", "GPU=0"]);
  expect(process.user.additionalGids).toEqual([8, 44]);
  expect(hooks).toEqual({ createRuntime: [{ path: "/bin/hook", args: ["hook"], timeout: 2 }] });
});

it("gives nodes to the container's user unless they say whose they are, and lets the container use them", () => {
  const node = { type: "c", major: 1, minor: 3 } as const;
  const { linux } = inject({
    devices: [
      { node: { ...node, path: "/dev/a" }, access: "rw" },
      { node: { ...node, path: "/dev/b", uid: 0, gid: 0 }, access: "rwm" },
    ],
  });

  expect(linux.devices).toEqual([
    { ...node, path: "/dev/a", uid: 7, gid: 8 },
    { ...node, path: "/dev/b", uid: 0, gid: 0 },
  ]);
  expect(linux.resources?.devices?.slice(1)).toEqual([
    { allow: true, type: "c", major: 1, minor: 3, access: "rw" },
    { allow: true, type: "c", major: 1, minor: 3, access: "rwm" },
  ]);
});

it("makes mounts of devices in the order of their paths, in the place of others", () => {
  const { mounts } = inject({
    mounts: [
      { hostPath: "/gpu/lib/deep", containerPath: "/lib/gpu/deep", type: "", options: ["ro"] },
      { hostPath: "/gpu/lib", containerPath: "/lib/gpu", type: "bind", options: ["bind", "ro"] },
      { hostPath: "tmpfs", containerPath: "/dev/shm", type: "tmpfs", options: ["size=1m"] },
    ],
  });

  expect(mounts.filter(({ destination }) => destination.startsWith("/lib"))).toEqual([
    { destination: "/lib/gpu", type: "bind", source: "/gpu/lib", options: ["bind", "ro"] },
    { destination: "/lib/gpu/deep", type: "bind", source: "/gpu/lib/deep", options: ["rbind", "ro"] },
  ]);
  expect(mounts.filter(({ destination }) => destination === "/dev/shm")).toMatchObject([{ options: ["size=1m"] }]);
});
