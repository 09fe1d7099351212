import type { FakeHost, FakeOutcome, FakeProcess } from "#host";
import { isJsonObject, type JsonObject, parseCniObject } from "#spec";

/** One run of a plugin, as the plugin saw it. */
export interface SeenCall {
  readonly plugin: string;
  readonly command: string;
  /** The CNI_ variables, without their prefix. */
  readonly variables: Readonly<Record<string, string>>;
  readonly request: JsonObject;
}

/** What a plugin does instead of its work: an outcome, or whatever the test wants before one. */
export type PluginBehaviour = (process: FakeProcess) => FakeOutcome | Promise<FakeOutcome>;

/**
 * Plugins on a fake host that behave like an interface plugin with an IPAM one,
 * or, given a previous result, like a chained one that passes it on.
 */
export class FakePlugins {
  /** Every run, in order of its start. */
  readonly calls: SeenCall[] = [];
  /** Addresses that are taken, by sandbox. */
  readonly leases: Map<string, string> = new Map();
  readonly #host: FakeHost;
  readonly #installed = new Map<string, string>();
  readonly #behaviours = new Map<string, PluginBehaviour[]>();
  #lastAddress = 1;

  constructor(host: FakeHost) {
    this.#host = host;
    host.processes.script(({ program }) => {
      const plugin = this.#installed.get(program);
      return plugin === undefined ? undefined : (process) => this.#run(plugin, process);
    });
  }

  /** Puts programs into a directory. */
  async install(binDir: string, ...plugins: readonly string[]): Promise<void> {
    await this.#host.files.makeDirectory(binDir);
    for (const plugin of plugins) await this.#host.files.write(`${binDir}/${plugin}`, "program", { mode: 0o755 });
    for (const plugin of plugins) this.#installed.set(`${binDir}/${plugin}`, plugin);
  }

  async uninstall(binDir: string, plugin: string): Promise<void> {
    await this.#host.files.remove(`${binDir}/${plugin}`);
    this.#installed.delete(`${binDir}/${plugin}`);
  }

  /** Replaces what a plugin does at its next run of a command. */
  next(plugin: string, command: string, behaviour: PluginBehaviour): void {
    const key = `${command} ${plugin}`;
    this.#behaviours.set(key, [...(this.#behaviours.get(key) ?? []), behaviour]);
  }

  /** The runs so far: "ADD bridge". */
  get history(): readonly string[] {
    return this.calls.map(({ command, plugin }) => `${command} ${plugin}`);
  }

  /** The last run of a command of a plugin. */
  lastCall(plugin: string, command: string): SeenCall {
    const call = this.calls.findLast((seen) => seen.plugin === plugin && seen.command === command);
    if (call === undefined) throw new Error(`no ${command} of ${plugin} among ${this.history.join(", ")}`);
    return call;
  }

  async #run(plugin: string, process: FakeProcess): Promise<FakeOutcome> {
    const request = parseCniObject((await process.readAll(0)).toString("utf8"), "request");
    const call = {
      plugin,
      command: process.command.env?.["CNI_COMMAND"] ?? "",
      variables: variablesOf(process),
      request,
    };
    this.calls.push(call);
    const behaviour = this.#behaviours.get(`${call.command} ${plugin}`)?.shift();
    return behaviour === undefined ? this.#work(call) : await behaviour(process);
  }

  #work({ command, variables, request }: SeenCall): FakeOutcome {
    const sandboxId = variables["CONTAINERID"] ?? "";
    if (command === "DEL") this.leases.delete(sandboxId);
    if (command !== "ADD") return {};
    const { prevResult, cniVersion } = request;
    if (isJsonObject(prevResult)) return { stdout: JSON.stringify(prevResult) };
    this.#lastAddress += 1;
    const address = `10.1.0.${this.#lastAddress}/16`;
    this.leases.set(sandboxId, address);
    const interfaces = [{ name: "eth0", mac: "aa:00:00:00:00:02", sandbox: variables["NETNS"] }];
    return { stdout: JSON.stringify({ cniVersion, interfaces, ips: [{ address, interface: 0 }] }) };
  }
}

function variablesOf(process: FakeProcess): Readonly<Record<string, string>> {
  const all = Object.entries(process.command.env ?? {});
  const own = all.filter(([name]) => name.startsWith("CNI_"));
  return Object.fromEntries(own.map(([name, value]) => [name.slice("CNI_".length), value]));
}
