import { Fault } from "#foundation";
import { isJsonObject } from "../cni/json.ts";

/** Where a shim is called, and how. */
export interface ShimAddress {
  /** Path of its unix socket. */
  readonly socketPath: string;
  readonly protocol: "ttrpc" | "grpc";
  /** Version of its task service. */
  readonly version: 2 | 3;
}

const maxChars = 4_096;

/**
 * Decodes what a shim prints when it is started: the address alone (version 2), or a JSON object.
 *
 * @throws Fault `invalid` when it is neither, or names a version, a protocol or a kind of address that crisp does not speak
 * @see https://github.com/containerd/containerd/blob/v2.1.4/core/runtime/v2/README.md#start
 */
export function decodeShimBootstrap(text: string): ShimAddress {
  const said = text.trim();
  if (said.length > maxChars) throw badBootstrap(`longer than ${maxChars} characters`);
  if (!said.startsWith("{")) return { socketPath: socketPathOf(said), protocol: "ttrpc", version: 2 };
  const { version, address, protocol } = parseObject(said);
  if (version !== 2 && version !== 3) throw badBootstrap(`version ${JSON.stringify(version)} is neither 2 nor 3`);
  if (protocol !== "ttrpc" && protocol !== "grpc") {
    throw badBootstrap(`protocol ${JSON.stringify(protocol)} is neither ttrpc nor grpc`);
  }
  if (typeof address !== "string") throw badBootstrap("it has no address");
  return { socketPath: socketPathOf(address), protocol, version };
}

function socketPathOf(address: string): string {
  const path = address.startsWith("unix://") ? address.slice("unix://".length) : address;
  if (path.startsWith("/") && !path.includes("\n")) return path;
  throw badBootstrap(`${JSON.stringify(address.slice(0, 200))} is no address of a unix socket`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badBootstrap("not JSON", error);
  }
  if (!isJsonObject(value)) throw badBootstrap("not a JSON object");
  return value;
}

function badBootstrap(problem: string, cause?: unknown): Fault {
  return new Fault("invalid", `decode the answer of a shim's start: ${problem}`, {
    reason: { code: "spec.shim-bootstrap" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The version among the words that a shim prints with -v, which have no form; undefined when there is none. */
export function findShimVersion(text: string): string | undefined {
  return /(?:^|[\s:v])(\d+\.\d+[\w.+~-]*)/.exec(text)?.[1];
}
