import type { SandboxConfig } from "#spec";
import { fieldInvalid } from "../faults.ts";
import { assertPortMappings } from "./port-mappings.ts";
import { assertUserNamespace } from "./user-namespace.ts";

/** Longest host name that Linux takes. */
const maxHostnameLength = 64;

/**
 * Refuses what no sandbox can have, before anything is made.
 *
 * @throws Fault `invalid` naming the field; `unsupported` for what is not built yet
 */
export function assertSandboxConfig(config: SandboxConfig): void {
  const { metadata, security } = config;
  if (metadata.name === "") throw fieldInvalid("metadata.name", "must not be empty");
  if (metadata.namespace === "") throw fieldInvalid("metadata.namespace", "must not be empty");
  if (metadata.uid === "") throw fieldInvalid("metadata.uid", "must not be empty");
  if (config.hostname.length > maxHostnameLength) {
    throw fieldInvalid("hostname", `must have at most ${maxHostnameLength} characters, has ${config.hostname.length}`);
  }
  if (config.logDirectory !== "" && !config.logDirectory.startsWith("/")) {
    throw fieldInvalid("log_directory", `must be absolute, is ${config.logDirectory}`);
  }
  assertUserNamespace(security.namespaces);
  if (typeof security.namespaces.pid === "object") {
    throw fieldInvalid("linux.security_context.namespace_options.pid", "a sandbox cannot join a container's namespace");
  }
  assertSysctlsFit(config);
  assertPortMappings(config.portMappings);
}

/** A sysctl may only change what the pod owns: the node's network or IPC settings are not the pod's to change. */
function assertSysctlsFit({ sysctls, security }: SandboxConfig): void {
  for (const name of Object.keys(sysctls)) {
    const field = `linux.sysctls[${name}]`;
    const kind = namespaceOfSysctl(name);
    if (kind === undefined) throw fieldInvalid(field, "belongs to no namespace of a pod");
    if (security.namespaces[kind] === "node") throw fieldInvalid(field, `the pod uses the node's ${kind} namespace`);
  }
}

/** @see https://github.com/opencontainers/runc/blob/v1.2.6/libcontainer/configs/validate/validator.go for the same rule in runc */
function namespaceOfSysctl(name: string): "network" | "ipc" | undefined {
  if (name.startsWith("net.")) return "network";
  if (name.startsWith("fs.mqueue.") || ipcSysctls.has(name)) return "ipc";
  return undefined;
}

const ipcSysctls: ReadonlySet<string> = new Set([
  "kernel.msgmax",
  "kernel.msgmnb",
  "kernel.msgmni",
  "kernel.sem",
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);
