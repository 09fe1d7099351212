/**
 * SAFETY: moves the main thread out of its namespaces and back. See
 * `linux-namespaces.ts` for why nothing else of the daemon can run meanwhile.
 */
import { closeSync, openSync } from "node:fs";
import type { Native } from "../native.ts";
import type { PinnedNamespaceKind } from "../types.ts";

/** CLONE_NEW* flags. */
export const cloneFlags: Readonly<Record<PinnedNamespaceKind, number>> = {
  net: 0x4000_0000,
  ipc: 0x0800_0000,
  uts: 0x0400_0000,
};

interface Home {
  readonly kind: PinnedNamespaceKind;
  readonly fd: number;
}

/** What is done away: `leave` goes, all or not at all; `work` is done there. */
export interface Trip<T> {
  readonly leave: () => void;
  readonly work: () => T;
}

/** Goes out of the namespaces of these kinds, works, and comes back, whatever happens. Never waits. */
export function whileAway<T>(native: Native, kinds: readonly PinnedNamespaceKind[], trip: Trip<T>): T {
  const home = openHome(kinds);
  try {
    trip.leave();
    try {
      return trip.work();
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
function openHome(kinds: readonly PinnedNamespaceKind[]): readonly Home[] {
  const home: Home[] = [];
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
function returnHome(native: Native, home: readonly Home[]): void {
  try {
    for (const { kind, fd } of home) native.setns(fd, cloneFlags[kind]);
  } catch {
    process.abort();
  }
}
