import { writeFile } from "node:fs/promises";
import type { Readable } from "node:stream";
import { deadline, Fault, faultOfAbort } from "#foundation";
import type { IdMapping, IdMappings } from "#spec";
import { hostFault } from "../faults.ts";
import type { Child, Processes, RunResult } from "../types.ts";
import type { SysctlWrite } from "./sysctls.ts";

/** For what takes a few milliseconds, on a busy machine too. */
const budgetMs = 10_000;
const sigkill = 9;

/** Namespaces of a process that does nothing but be in them. */
export interface HeldNamespaces {
  readonly pid: number;
  /** Ends the process; namespaces that nobody pinned by then are gone. */
  release(): Promise<void>;
}

/**
 * Makes a user namespace with these mappings, and in it namespaces of other kinds.
 *
 * By a child, since the kernel refuses to move a process with threads into another user namespace. The child ends when
 * its input does, and with it when this process dies.
 *
 * @param options letters that unshare(1) has for the other kinds
 */
export async function holdUserNamespace(
  processes: Processes,
  mappings: IdMappings,
  options: readonly string[],
): Promise<HeldNamespaces> {
  const command = { program: "unshare", args: ["-U", ...options, "cat"] };
  const descriptors = { 0: "pipe-to-child", 1: "pipe-from-child", 2: "pipe-from-child" } as const;
  const child = await processes.spawn(command, { descriptors });
  const release = async (): Promise<void> => {
    child.kill(sigkill, "process");
    await child.exited;
    for (const stream of [child.writers[0], child.readers[1], child.readers[2]]) stream?.destroy();
  };
  try {
    await awaitEcho(child);
    await writeFile(`/proc/${child.pid}/uid_map`, formatMap(mappings.uids));
    await writeFile(`/proc/${child.pid}/gid_map`, formatMap(mappings.gids));
    return { pid: child.pid, release };
  } catch (error) {
    await release();
    throw hostFault("make a user namespace", error);
  }
}

/** What it is sent comes back only from inside: the namespaces are made before its program runs. */
async function awaitEcho(child: Child): Promise<void> {
  const { 1: output, 2: errors } = child.readers;
  if (output === undefined || errors === undefined) throw new Fault("broken", "start unshare: its pipes are missing");
  const said = firstWord(errors);
  child.writers[0]?.write("\n");
  const limit = deadline(budgetMs);
  const expired = Promise.withResolvers<never>();
  limit.addEventListener("abort", () => expired.reject(faultOfAbort("unshare", limit)), { once: true });
  const echo = await Promise.race([firstWord(output), expired.promise]);
  if (echo === "") throw new Fault("unavailable", `unshare: ${(await Promise.race([said, expired.promise])).trim()}`);
}

/** The first piece that comes; empty at the end. */
async function firstWord(stream: Readable): Promise<string> {
  for await (const chunk of stream) return String(chunk);
  return "";
}

function formatMap(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerId, hostId, length }) => `${containerId} ${hostId} ${length}\n`).join("");
}

/** Tells the one that cannot be written on its output, and why on its errors. */
const writeAll = 'while [ $# -gt 0 ]; do printf %s "$2" > "$1" || { printf %s "$1 to $2"; exit 1; }; shift 2; done';

/**
 * Writes sysctls as the root of a user namespace: the kernel lets nobody else change those of an IPC namespace that
 * belongs to it.
 *
 * @param entries options that lead nsenter(1) into the namespaces
 */
export async function writeSysctlsInside(
  processes: Processes,
  entries: readonly string[],
  writes: readonly SysctlWrite[],
): Promise<void> {
  if (writes.length === 0) return;
  const pairs = writes.flatMap(({ path, value }) => [path, value]);
  const args = [...entries, "-S", "0", "-G", "0", "--", "/bin/sh", "-c", writeAll, "sh", ...pairs];
  const result: RunResult = await processes.run({ program: "nsenter", args }, { timeoutMs: budgetMs });
  if (result.exitCode === 0) return;
  throw new Fault("invalid", `set ${result.stdout.toString()}: ${result.stderr.toString().trim()}`, {
    reason: { code: "host.sysctl-refused" },
  });
}
