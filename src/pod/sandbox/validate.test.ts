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
  [{ sysctls: { "vm.swappiness": "1" } }, "linux.sysctls[vm.swappiness]: belongs to no namespace of a pod"],
  [{ sysctls: { "net.core.somaxconn": "1" }, security: onNode }, "the pod uses the node's network namespace"],
  [{ sysctls: { "kernel.sem": "1" }, security: onNode }, "the pod uses the node's ipc namespace"],
])("assertSandboxConfig() refuses %j", (changes, message) => {
  expect(() => assertSandboxConfig({ ...config, ...changes })).toThrow(message);
});

const whole = [{ hostId: 65_536, containerId: 0, length: 65_536 }];

test.each([
  [{ uids: whole, gids: [] }, {}, "gids: must not be empty"],
  [{ uids: [{ hostId: 65_536, containerId: 0, length: 0 }], gids: whole }, {}, "uids: length must not be 0"],
  [{ uids: [{ hostId: 65_536, containerId: 1, length: 9 }], gids: whole }, {}, "uids: must map 0"],
  [{ uids: [{ hostId: 0, containerId: 0, length: 9 }], gids: whole }, {}, "uids: host_id 0 is the node's root"],
  [{ uids: [{ hostId: 4_294_967_200, containerId: 0, length: 96 }], gids: whole }, {}, "uids: ends beyond 4294967295"],
  [
    { uids: whole, gids: [...whole, { hostId: 131_071, containerId: 65_536, length: 1 }] },
    {},
    "gids: host_id 131071 is in two mappings",
  ],
  [
    { uids: whole, gids: [...whole, { hostId: 1, containerId: 65_535, length: 2 }] },
    {},
    "gids: container_id 65535 is in two mappings",
  ],
  [
    { uids: Array.from({ length: 341 }, () => ({ hostId: 1, containerId: 0, length: 1 })), gids: whole },
    {},
    "at most 340 mappings",
  ],
])("assertSandboxConfig() refuses the user namespace %j", (user, modes, message) => {
  const namespaces = { ...security.namespaces, ...modes, user };

  expect(() => assertSandboxConfig({ ...config, security: { ...security, namespaces } })).toThrow(message);
});

test.each(["pid", "ipc"] as const)("assertSandboxConfig() refuses a user namespace with the node's %s", (kind) => {
  const namespaces = { ...security.namespaces, [kind]: "node" as const, user: { uids: whole, gids: whole } };

  expect(() => assertSandboxConfig({ ...config, security: { ...security, namespaces } })).toThrow(
    `${kind}: NODE cannot be in a user namespace of the pod`,
  );
});

test("assertSandboxConfig() takes kubelet's mapping, on the node's network too", () => {
  const user = { uids: whole, gids: whole };
  const namespaces = { ...security.namespaces, network: "node" as const, user };

  expect(() => assertSandboxConfig({ ...config, security: { ...security, namespaces } })).not.toThrow();
});
