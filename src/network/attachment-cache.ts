import { basename, join } from "node:path";
import { Fault, isFault, type SandboxId } from "#foundation";
import type { Files } from "#host";
import {
  decodeCniNetworkObject,
  decodeCniResult,
  type IpProtocol,
  isJsonObject,
  type JsonObject,
  type PortMapping,
  parseCniObject,
} from "#spec";
import type { AttachmentParameters } from "./attachment-parameters.ts";
import { badCachedAttachment } from "./faults.ts";
import { type PreparedNetwork, prepareNetwork } from "./prepared-network.ts";

/** What must be known to detach: the attach as it was meant, and its result when it got one. */
export interface CachedAttachment {
  readonly parameters: AttachmentParameters;
  readonly network: PreparedNetwork;
  /** The last plugin's result; absent after an attach that did not end well. */
  readonly result?: string;
}

const formatVersion = 1;
const intentSuffix = ".intent.json";
const resultSuffix = ".result.json";
const protocols: readonly IpProtocol[] = ["tcp", "udp", "sctp"];

/**
 * Remembers attachments on disk: `ID.intent.json` from before the first plugin runs, `ID.result.json` from after the
 * last one.
 *
 * Two files, because the two are written at different times and the first one must survive whatever happens to the
 * second: without the result a DEL still frees what ADD took, without the intent nobody would run it.
 */
export class AttachmentCache {
  readonly #files: Files;
  readonly #dir: string;

  constructor(files: Files, dir: string) {
    this.#files = files;
    this.#dir = dir;
  }

  /** Takes away what a daemon that was killed had half written: the whole text stands beside it. */
  async open(): Promise<void> {
    await this.#files.makeDirectory(this.#dir, { mode: 0o700 });
    const names = await this.#files.list(this.#dir);
    for (const name of names.filter((each) => each.endsWith(".tmp"))) await this.#files.remove(join(this.#dir, name));
  }

  /** Whether anything is remembered about a sandbox, readable or not. */
  async has(sandboxId: SandboxId): Promise<boolean> {
    return (await this.#files.stat(this.#intentPath(sandboxId))) !== undefined;
  }

  /**
   * Remembers that plugins are about to run, safe against a crash of the daemon.
   *
   * Returns what makes it safe against a loss of power, too: kernel state would be gone then, but leases (host-local's
   * files) are on disk and would stay taken for ever. Its fsync may take longer than a plugin, so it runs beside the
   * first of them instead of before.
   */
  async writeIntent(parameters: AttachmentParameters, network: PreparedNetwork): Promise<() => Promise<void>> {
    const path = this.#intentPath(parameters.sandboxId);
    const known = JSON.stringify({ formatVersion, ...parameters }).slice(0, -1);
    const text = `${known},"config":${network.document}}`;
    await this.#files.write(path, text, { mode: 0o600 });
    return () => this.#files.writeAtomic(path, text, { mode: 0o600, isDurable: true });
  }

  /** Remembers the result; not flushed, because a DEL after a loss of power needs none. */
  async writeResult(sandboxId: SandboxId, result: string): Promise<void> {
    await this.#files.write(this.#resultPath(sandboxId), result, { mode: 0o600 });
  }

  /**
   * What is remembered about a sandbox; undefined when nothing is.
   *
   * @throws Fault `broken` when the intent cannot be read
   */
  async find(sandboxId: SandboxId): Promise<CachedAttachment | undefined> {
    const intent = await this.#readIfThere(this.#intentPath(sandboxId));
    if (intent === undefined) return undefined;
    const result = await this.#readIfThere(this.#resultPath(sandboxId));
    const attempt = decodeIntent(intent, sandboxId);
    return result === undefined || !isWholeResult(result) ? attempt : { ...attempt, result };
  }

  /** Forgets a sandbox; the intent last, so that a crash in between leaves it to be detached again. */
  async remove(sandboxId: SandboxId): Promise<void> {
    await this.#files.remove(this.#resultPath(sandboxId));
    await this.#files.remove(this.#intentPath(sandboxId));
  }

  /** Sandboxes of which anything is remembered. */
  async list(): Promise<readonly SandboxId[]> {
    const names = await this.#files.list(this.#dir);
    return names.filter((name) => name.endsWith(intentSuffix)).map((name) => basename(name, intentSuffix) as SandboxId);
  }

  async #readIfThere(path: string): Promise<string | undefined> {
    try {
      return await this.#files.readText(path);
    } catch (error) {
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  }

  #intentPath(sandboxId: SandboxId): string {
    return join(this.#dir, sandboxId + intentSuffix);
  }

  #resultPath(sandboxId: SandboxId): string {
    return join(this.#dir, sandboxId + resultSuffix);
  }
}

function decodeIntent(text: string, sandboxId: SandboxId): CachedAttachment {
  try {
    const object = parseCniObject(text, "intent");
    if (object["formatVersion"] !== formatVersion) throw new Fault("unsupported", "intent: unknown format");
    return {
      parameters: {
        sandboxId,
        netnsPath: stringOf(object, "netnsPath"),
        interfaceName: stringOf(object, "interfaceName"),
        args: stringOf(object, "args"),
        capabilityArgs: objectOf(object, "capabilityArgs"),
        hostPorts: hostPortsOf(object),
      },
      network: prepareNetwork(decodeCniNetworkObject(objectOf(object, "config"), "intent: config")),
    };
  } catch (error) {
    throw badCachedAttachment(sandboxId, error);
  }
}

function stringOf(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value !== "string") throw new Fault("invalid", `intent: ${key} is not a string`);
  return value;
}

function objectOf(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) throw new Fault("invalid", `intent: ${key} is not an object`);
  return value;
}

/** Ports that the intent names; earlier versions named none. */
function hostPortsOf({ hostPorts = [] }: JsonObject): readonly PortMapping[] {
  if (!Array.isArray(hostPorts)) throw new Fault("invalid", "intent: hostPorts is not a list");
  return hostPorts.map((entry: unknown) => {
    const port = isJsonObject(entry) ? entry : {};
    const protocol = protocols.find((name) => name === port["protocol"]);
    if (protocol === undefined) throw new Fault("invalid", "intent: hostPorts: protocol is not known");
    const [hostPort, containerPort] = [numberOf(port, "hostPort"), numberOf(port, "containerPort")];
    return { protocol, hostPort, containerPort, hostIp: stringOf(port, "hostIp") };
  });
}

function numberOf(object: JsonObject, key: string): number {
  const value = object[key];
  if (typeof value !== "number") throw new Fault("invalid", `intent: ${key} is not a number`);
  return value;
}

/** A loss of power can leave the file empty or cut off. */
function isWholeResult(text: string): boolean {
  try {
    decodeCniResult(text);
    return true;
  } catch {
    return false;
  }
}
