/**
 * SAFETY: with `linux-namespaces.ts` the only place that moves the main thread into other namespaces.
 *
 * It is back before the event loop turns: nothing else of the daemon can run in between. No thread may be born
 * meanwhile, as it would stay inside; libuv's pool, born at its first use, therefore exists before (see createLinuxHost).
 */
import { closeSync, openSync } from "node:fs";
import type { Native } from "../native/native.ts";
import type { PinnedNamespaceKind } from "../types.ts";

export const cloneFlags: Readonly<Record<PinnedNamespaceKind, number>> = {
  net: 0x4000_0000,
  ipc: 0x0800_0000,
  uts: 0x0400_0000,
};

interface HostNamespace {
  readonly kind: PinnedNamespaceKind;
  readonly fd: number;
}

/** Lets `leave` move the main thread out of its namespaces of these kinds, does `work` there, and brings it back. */
export function awayFromHome<T>(
  native: Native,
  kinds: readonly PinnedNamespaceKind[],
  leave: () => void,
  work: () => T,
): T {
  const home = openHome(kinds);
  try {
    leave();
    try {
      return work();
    } finally {
      returnHome(native, home);
    }
  } finally {
    for (const { fd } of home) closeSync(fd);
  }
}

/** The namespace of the calling thread; `/proc/self` would name that of the process's first thread. */
export function ownNamespace(kind: PinnedNamespaceKind): string {
  return `/proc/thread-self/ns/${kind}`;
}

/** Opened each time: the main thread is at home now, and only the kernel knows where that is. */
function openHome(kinds: readonly PinnedNamespaceKind[]): readonly HostNamespace[] {
  const home: HostNamespace[] = [];
  try {
    for (const kind of kinds) home.push({ kind, fd: openSync(ownNamespace(kind), "r") });
    return home;
  } catch (error) {
    for (const { fd } of home) closeSync(fd);
    throw error;
  }
}

/**
 * Brings the main thread back. When that fails, the daemon would go on serving
 * from inside a pod's network: it dies at once instead, and is started again
 * by its supervisor; pods do not depend on it.
 */
function returnHome(native: Native, home: readonly HostNamespace[]): void {
  try {
    for (const { kind, fd } of home) native.setns(fd, cloneFlags[kind]);
  } catch {
    process.abort();
  }
}
