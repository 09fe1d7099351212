import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import {
  LinuxContainerSecurityContextSchema,
  LinuxSandboxSecurityContextSchema,
  NamespaceMode,
  SecurityProfile_ProfileType as ProfileType,
} from "#proto/cri/v1/runtime_pb.js";
import { containerSecurityFromProto, sandboxSecurityFromProto } from "./security.ts";

function containerSecurity(init: MessageInitShape<typeof LinuxContainerSecurityContextSchema>) {
  return containerSecurityFromProto(create(LinuxContainerSecurityContextSchema, init));
}

test("containerSecurityFromProto() takes an absent context for protobuf's defaults", () => {
  expect(containerSecurityFromProto(undefined)).toMatchObject({
    namespaces: { network: "pod", pid: "pod", ipc: "pod" },
    user: { supplementalGroups: [], supplementalGroupsPolicy: "merge" },
    isPrivileged: false,
    seccomp: { kind: "unconfined" },
    apparmor: undefined,
  });
});

test("containerSecurityFromProto() tells user 0 from no user", () => {
  expect(containerSecurity({ runAsUser: { value: 0n } }).user.uid).toBe(0);
  expect(containerSecurity({}).user).not.toHaveProperty("uid");
});

test("containerSecurityFromProto() reads the target of a PID namespace", () => {
  const options = { pid: NamespaceMode.TARGET, targetId: "abc" };

  expect(containerSecurity({ namespaceOptions: options }).namespaces.pid).toEqual({ targetContainer: "abc" });
});

test.each([
  [{ namespaceOptions: { pid: NamespaceMode.TARGET } }, "target_id: must not be empty"],
  [{ namespaceOptions: { network: NamespaceMode.CONTAINER } }, "network: must be POD or NODE, is CONTAINER"],
  [{ apparmorProfile: "odd" }, "apparmor_profile: odd must be"],
])("containerSecurityFromProto() refuses %j", (init, message) => {
  expect(() => containerSecurity(init)).toThrow(message);
});

test.each([
  [{ seccomp: { profileType: ProfileType.RuntimeDefault } }, { kind: "runtime-default" }],
  [{ seccomp: { profileType: ProfileType.Localhost, localhostRef: "/p.json" } }, { kind: "localhost", ref: "/p.json" }],
  [{ seccompProfilePath: "localhost/p.json" }, { kind: "localhost", ref: "p.json" }],
])("containerSecurityFromProto() reads the seccomp profile of %j", (init, profile) => {
  expect(containerSecurity(init).seccomp).toEqual(profile);
});

test("sandboxSecurityFromProto() takes a user namespace without mappings for the node's", () => {
  const context = create(LinuxSandboxSecurityContextSchema, {
    namespaceOptions: { usernsOptions: { mode: NamespaceMode.POD } },
  });

  expect(sandboxSecurityFromProto(context).namespaces).not.toHaveProperty("user");
});
