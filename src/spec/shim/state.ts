import { isJsonObject, type JsonObject } from "../cni/json.ts";
import type { ShimAddress } from "./bootstrap.ts";

/** A process, by its number and its start. */
interface Identity {
  readonly pid: number;
  readonly startTicks: bigint;
}

/** Which shim a container is with: kept beside it, for a daemon that comes later. */
export interface ShimState extends ShimAddress {
  readonly process: Identity;
  /** Which of the shim's services knows it: it is a container, or a sandbox that the shim controls. */
  readonly kind: "task" | "sandbox";
  /** Whether the shim is this container's own, or that of its pod's sandbox, and ends with it. */
  readonly isOwner: boolean;
}

/** The processes that keep a container's streams. */
export interface KeeperState {
  /** The conmon that writes the log. */
  readonly monitor: Identity;
  /** The process that holds the streams' ends open for the shim. */
  readonly holder: Identity;
  /** Whether the container's input ends with its first client. */
  readonly isStdinOnce: boolean;
}

/** How a container ended, written down before its task is forgotten. */
export interface EndState {
  readonly exitCode: number;
  readonly finishedAtNanos: bigint;
  readonly wasOomKilled: boolean;
  /** Why nobody knows the exit code. */
  readonly lost?: string;
  /** Whether the shim still knows it: it could not forget it at once. */
  readonly isKept?: true;
  /** Bytes of its output that are in no log. @default 0 */
  readonly lostLogBytes?: number;
}

/** The text of one of these states. */
export function encodeShimState(state: ShimState | KeeperState | EndState): string {
  return JSON.stringify(state, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}

/** Undefined when it is none. */
export function decodeShimState(text: string): ShimState | undefined {
  const { socketPath, protocol, version, process, kind, isOwner } = parse(text);
  const identity = identityOf(process);
  if (typeof socketPath !== "string" || typeof isOwner !== "boolean" || identity === undefined) return undefined;
  if ((protocol !== "ttrpc" && protocol !== "grpc") || (version !== 2 && version !== 3)) return undefined;
  if (kind !== "task" && kind !== "sandbox") return undefined;
  return { socketPath, protocol, version, process: identity, kind, isOwner };
}

/** Undefined when it is none. */
export function decodeKeeperState(text: string): KeeperState | undefined {
  const { monitor, holder, isStdinOnce } = parse(text);
  const [first, second] = [identityOf(monitor), identityOf(holder)];
  if (first === undefined || second === undefined || typeof isStdinOnce !== "boolean") return undefined;
  return { monitor: first, holder: second, isStdinOnce };
}

/** Undefined when it is none. */
export function decodeEndState(text: string): EndState | undefined {
  const { exitCode, finishedAtNanos, wasOomKilled, lost, isKept, lostLogBytes } = parse(text);
  const nanos = bigintOf(finishedAtNanos);
  if (typeof exitCode !== "number" || nanos === undefined || typeof wasOomKilled !== "boolean") return undefined;
  return {
    exitCode,
    finishedAtNanos: nanos,
    wasOomKilled,
    ...(typeof lost === "string" ? { lost } : {}),
    ...(isKept === true ? { isKept } : {}),
    ...(typeof lostLogBytes === "number" ? { lostLogBytes } : {}),
  };
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function identityOf(value: unknown): Identity | undefined {
  if (!isJsonObject(value)) return undefined;
  const { pid, startTicks } = value;
  const ticks = bigintOf(startTicks);
  return typeof pid === "number" && Number.isInteger(pid) && pid > 0 && ticks !== undefined
    ? { pid, startTicks: ticks }
    : undefined;
}

function bigintOf(value: unknown): bigint | undefined {
  return typeof value === "string" && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined;
}
