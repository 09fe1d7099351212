import { expect, test } from "vitest";
import { sandboxConfig } from "../fixtures.ts";
import { assertSandboxConfig } from "./validate.ts";

const config = sandboxConfig();
const { metadata, security } = config;
const onNode = { ...security, namespaces: { ...security.namespaces, network: "node", ipc: "node" } } as const;

test("assertSandboxConfig() accepts a pod with sysctls of its own namespaces", () => {
  const sysctls = {
    "net.ipv4.ip_unprivileged_port_start": "80",
    "kernel.shm_rmid_forced": "1",
    "fs.mqueue.msg_max": "20",
  };

  expect(() => assertSandboxConfig({ ...config, sysctls })).not.toThrow();
});

test.each([
  [{ metadata: { ...metadata, name: "" } }, "metadata.name: must not be empty"],
  [{ metadata: { ...metadata, uid: "" } }, "metadata.uid: must not be empty"],
  [{ metadata: { ...metadata, namespace: "" } }, "metadata.namespace: must not be empty"],
  [{ hostname: "x".repeat(65) }, "hostname: must have at most 64 characters, has 65"],
  [{ logDirectory: "logs" }, "log_directory: must be absolute, is logs"],
  [{ cgroupParent: "/a/../../b" }, 'cgroup_parent: must not contain ".."'],
  [{ sysctls: { "vm.swappiness": "1" } }, "linux.sysctls[vm.swappiness]: belongs to no namespace of a pod"],
  [{ sysctls: { "net.core.somaxconn": "1" }, security: onNode }, "the pod uses the node's network namespace"],
  [{ sysctls: { "kernel.sem": "1" }, security: onNode }, "the pod uses the node's ipc namespace"],
])("assertSandboxConfig() refuses %j", (changes, message) => {
  expect(() => assertSandboxConfig({ ...config, ...changes })).toThrow(message);
});

test("assertSandboxConfig() says that user namespaces are not built", () => {
  const user = { uids: [{ hostId: 65536, containerId: 0, length: 65536 }], gids: [] };
  const withUser = { ...security, namespaces: { ...security.namespaces, user } };

  expect(() => assertSandboxConfig({ ...config, security: withUser })).toThrow(
    expect.objectContaining({ kind: "unsupported" }),
  );
});
