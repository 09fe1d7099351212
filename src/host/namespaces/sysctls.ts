import { Fault } from "#foundation";
import type { PinnedNamespaceKind } from "../types.ts";

/** The sysctls that belong to a namespace rather than to the machine, by the start of their path. */
const ownedBy: readonly { readonly kind: PinnedNamespaceKind; readonly prefixes: readonly string[] }[] = [
  { kind: "net", prefixes: ["net/"] },
  { kind: "ipc", prefixes: ["kernel/shm", "kernel/msg", "kernel/sem", "fs/mqueue/"] },
  { kind: "uts", prefixes: ["kernel/hostname", "kernel/domainname"] },
];

/** A sysctl as a file to write. */
export interface SysctlWrite {
  readonly path: string;
  readonly value: string;
}

/**
 * Plans the writes of sysctls inside new namespaces of these kinds.
 *
 * Whatever belongs to no namespace that is new would be written to the node:
 * it is refused.
 *
 * @throws Fault `invalid`
 */
export function planSysctls(
  sysctls: Readonly<Record<string, string>>,
  kinds: readonly PinnedNamespaceKind[],
): readonly SysctlWrite[] {
  return Object.entries(sysctls).map(([name, value]) => {
    const path = pathOf(name);
    const owner = ownedBy.find(({ prefixes }) => prefixes.some((prefix) => path.startsWith(prefix)))?.kind;
    if (owner === undefined) throw refused(name, "it belongs to the node, not to a namespace of a pod");
    if (!kinds.includes(owner)) throw refused(name, `the pod has no ${owner} namespace of its own`);
    return { path: `/proc/sys/${path}`, value };
  });
}

/** As sysctl(8) reads names: the first separator decides, so that "net/ipv4/conf/eth0.1/x" can hold a dot. */
function pathOf(name: string): string {
  const isDotted = /^[^/]*\./.test(name);
  const path = isDotted ? name.replaceAll(/[./]/g, (separator) => (separator === "." ? "/" : ".")) : name;
  const isPlain = path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
  if (!isPlain || path.includes("\0")) throw refused(name, "it is not a sysctl's name");
  return path;
}

function refused(name: string, why: string): Fault {
  return new Fault("invalid", `set sysctl ${name}: ${why}`, { reason: { code: "host.sysctl-refused", name } });
}
