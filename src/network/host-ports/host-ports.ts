import { createHash } from "node:crypto";
import { Fault, isFault, type Logger, type SandboxId } from "#foundation";
import type { Processes, RunResult } from "#host";
import { type CniAddress, isJsonObject, type PortMapping } from "#spec";
import { hostPortsFailed, hostPortsProgramMissing } from "../faults.ts";
import type { HostPortAudit } from "../types.ts";
import type { PublishedPort } from "./plan.ts";
import { formatGuard, formatRuleset, formatWithdrawal } from "./ruleset.ts";

export interface HostPortsOptions {
  /** What tells this daemon's tables from those of another on the same machine. */
  readonly owner: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface HostPortsDeps {
  readonly processes: Pick<Processes, "run">;
  readonly logger: Logger;
}

/** A pod whose ports are to be published. */
export interface HostPortsTarget {
  readonly sandboxId: SandboxId;
  readonly podName: string;
  readonly podNamespace: string;
  readonly ports: readonly PublishedPort[];
}

/** A pod whose ports are to be withdrawn, and the addresses that they led to, as far as they are known. */
export interface WithdrawnPorts {
  readonly sandboxId: SandboxId;
  readonly mappings: readonly PortMapping[];
  readonly addresses: readonly CniAddress[];
}

/** Deadline of each program; the kernel's part takes milliseconds. */
const timeoutMs = 10_000;
/** The kernel's tools take comments of 128 bytes. */
const maxCommentLength = 120;

/**
 * Publishes ports of pods on the node, with one nftables table a pod.
 *
 * A table is put into force and taken away whole, in one transaction of the kernel, and carries the sandbox's id in its
 * name: whoever comes later finds it without any other memory. Tables of others are never touched.
 */
export class HostPorts {
  readonly #prefix: string;
  readonly #options: HostPortsOptions;
  readonly #deps: HostPortsDeps;

  constructor(options: HostPortsOptions, deps: HostPortsDeps) {
    this.#prefix = `crisp_${createHash("sha256").update(options.owner).digest("hex").slice(0, 8)}_`;
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Puts a pod's ports into force, in place of those it had.
   *
   * @throws Fault `unavailable` when nft or ip is not on the node, `broken` when one of them fails, `timed-out`
   */
  async publish({ sandboxId, podName, podNamespace, ports }: HostPortsTarget, signal?: AbortSignal): Promise<void> {
    const device = await this.#loopbackDevice(ports, signal);
    const comment = `${podNamespace}/${podName}`.replaceAll(/[^\w./-]/g, "?").slice(0, maxCommentLength);
    const rules = formatRuleset({ table: this.#tableOf(sandboxId), comment, ports });
    const guard = device === undefined ? "" : formatGuard(this.#guardTable, device);
    await this.#succeed("nft", ["-f", "-"], { stdin: guard + rules, signal });
    if (device !== undefined) await this.#openLoopback(device, signal);
    for (const { protocol, hostPort, hostIp, target } of ports) {
      if (protocol === "udp")
        await this.#forgetFlows(target.family, hostPort, hostIp === "" ? [] : ["--orig-dst", hostIp]);
    }
  }

  /** Takes a pod's ports away; none is success. Faults as of `publish`. */
  async withdraw({ sandboxId, mappings, addresses }: WithdrawnPorts, signal?: AbortSignal): Promise<void> {
    await this.#succeed("nft", ["-f", "-"], { stdin: formatWithdrawal(this.#tableOf(sandboxId)), signal });
    for (const { hostPort } of mappings.filter(({ protocol }) => protocol === "udp")) {
      for (const { family, ip } of addresses) await this.#forgetFlows(family, hostPort, ["--dst-nat", ip]);
    }
  }

  /** Tables of sandboxes that are not known any more, and those of the given sandboxes that have none. */
  async audit(listKnown: () => Promise<readonly SandboxId[]>, wanted: readonly SandboxId[]): Promise<HostPortAudit> {
    const tables = await this.#ownTables();
    // After the tables: who publishes is known before it has a table.
    const known = new Set([this.#guardTable, ...(await listKnown()).map((sandboxId) => this.#tableOf(sandboxId))]);
    return {
      strays: tables.filter((table) => !known.has(table)),
      unpublished: wanted.filter((sandboxId) => !tables.includes(this.#tableOf(sandboxId))),
    };
  }

  /** Takes away the tables of sandboxes that are not known any more: what a daemon left that was killed. */
  async collect(listKnown: () => Promise<readonly SandboxId[]>): Promise<void> {
    const { strays: stale } = await this.audit(listKnown, []);
    if (stale.length === 0) return;
    await this.#succeed("nft", ["-f", "-"], { stdin: stale.map(formatWithdrawal).join("") });
    this.#deps.logger.warn("host ports of vanished pods withdrawn", { tables: stale });
  }

  get #guardTable(): string {
    return `${this.#prefix}guard`;
  }

  #tableOf(sandboxId: SandboxId): string {
    return this.#prefix + sandboxId;
  }

  async #ownTables(): Promise<readonly string[]> {
    try {
      const listed = await this.#succeed("nft", ["-j", "list", "tables", "inet"]);
      return decodeTables(listed).filter((table) => table.startsWith(this.#prefix));
    } catch (error) {
      if (isFault(error, "unavailable")) return []; // without the program nobody has made a table
      throw error;
    }
  }

  /** The device behind which the pod is, where the node's own 127.0.0.1 shall lead to it. */
  async #loopbackDevice(ports: readonly PublishedPort[], signal?: AbortSignal): Promise<string | undefined> {
    const reachable = ports.find(({ target, hostIp }) => target.family === "ipv4" && /^(?:127\.|$)/.test(hostIp));
    if (reachable === undefined) return undefined;
    const { ip } = reachable.target;
    return decodeDevice(await this.#succeed("ip", ["-j", "route", "get", ip], { signal }), ip);
  }

  /** Lets packets from 127.0.0.1 leave through a device, once the guard keeps others from coming in that way. */
  async #openLoopback(device: string, signal?: AbortSignal): Promise<void> {
    await this.#succeed("sysctl", ["-q", "-w", `net/ipv4/conf/${device}/route_localnet=1`], { signal });
  }

  /**
   * Makes the kernel forget where it sent the packets of UDP senders, who would otherwise never notice a change.
   * TCP and SCTP notice by themselves.
   */
  async #forgetFlows(family: CniAddress["family"], hostPort: number, further: readonly string[]): Promise<void> {
    const args = ["-D", "-f", family, "-p", "udp", "--orig-port-dst", String(hostPort), ...further];
    const outcome = await this.#run("conntrack", args).catch(unlessMissing);
    // It ends with 1 where there was nothing to forget.
    if (outcome !== undefined && outcome.exitCode > 1) throw hostPortsFailed("conntrack", outcome);
  }

  async #succeed(program: string, args: readonly string[], options: RunDetails = {}): Promise<string> {
    const outcome = await this.#run(program, args, options);
    if (outcome.exitCode !== 0 || outcome.timedOut) throw hostPortsFailed(program, outcome);
    return outcome.stdout.toString("utf8");
  }

  async #run(program: string, args: readonly string[], { stdin, signal }: RunDetails = {}): Promise<RunResult> {
    const command = { program, args, env: this.#options.environment };
    const input = stdin === undefined ? {} : { stdin: Buffer.from(stdin) };
    try {
      return await this.#deps.processes.run(command, {
        timeoutMs,
        ...input,
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (isFault(error, "not-found")) throw hostPortsProgramMissing(program, error);
      throw Fault.within(`host ports: ${program}`, error);
    }
  }
}

interface RunDetails {
  readonly stdin?: string;
  readonly signal?: AbortSignal | undefined;
}

/** Conntrack entries are a nicety: where the program is missing, a sender's old flow lasts until it is silent. */
function unlessMissing(error: unknown): undefined {
  if (!isFault(error, "unavailable")) throw error;
}

function decodeTables(text: string): readonly string[] {
  const document: unknown = JSON.parse(text);
  const list = isJsonObject(document) ? document["nftables"] : undefined;
  if (!Array.isArray(list)) throw new Fault("broken", "host ports: nft: list of tables is not what it was");
  return list.flatMap((entry: unknown) => {
    const table = isJsonObject(entry) ? entry["table"] : undefined;
    const name = isJsonObject(table) ? table["name"] : undefined;
    return typeof name === "string" ? [name] : [];
  });
}

/** The device that a route leads through. */
function decodeDevice(text: string, ip: string): string {
  const routes: unknown = JSON.parse(text);
  const route: unknown = Array.isArray(routes) ? routes[0] : undefined;
  const device = isJsonObject(route) ? route["dev"] : undefined;
  if (typeof device === "string" && /^[^\s"/]{1,15}$/.test(device)) return device;
  throw new Fault("broken", `host ports: ip: no device leads to ${ip}`);
}
