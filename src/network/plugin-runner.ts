import { Fault, isFault } from "#foundation";
import type { Processes, RunResult } from "#host";
import { decodeCniError } from "#spec";
import type { AttachmentParameters } from "./attachment-parameters.ts";
import { type CniCommand, pluginFailed, pluginNotRunnable, pluginTimedOut } from "./faults.ts";
import type { PluginPaths } from "./plugin-paths.ts";
import { composeRequest, type PreparedPlugin, type RequestAdditions } from "./prepared-network.ts";

/** One run of one plugin. */
export interface PluginCall {
  readonly command: CniCommand;
  readonly plugin: PreparedPlugin;
  readonly additions: RequestAdditions;
  /** Absent for commands about the network as a whole. */
  readonly parameters?: AttachmentParameters;
  readonly timeoutMs: number;
}

/** Plugins print rule dumps and stack traces: what is kept of it is the end. */
const stderrTailChars = 2_048;

/**
 * Runs plugins as the protocol has it: parameters in the environment, configuration on stdin.
 *
 * @see https://github.com/containernetworking/cni/blob/v1.3.0/SPEC.md#section-2-execution-protocol
 */
export class PluginRunner {
  readonly #processes: Pick<Processes, "run">;
  readonly #environment: Readonly<Record<string, string>>;

  constructor(processes: Pick<Processes, "run">, environment: Readonly<Record<string, string>>) {
    this.#processes = processes;
    this.#environment = environment;
  }

  /**
   * Runs a plugin and returns what it printed.
   *
   * @throws Fault `unavailable` when it cannot be started or asks for a later try, `broken` when it fails,
   * `timed-out`, or what the signal says
   */
  async run(call: PluginCall, paths: PluginPaths, signal?: AbortSignal): Promise<string> {
    const { command, plugin } = call;
    const path = await paths.get(plugin.type);
    const result = await this.#execute(path, call, paths, signal);
    if (result.timedOut) throw pluginTimedOut(plugin.type, command, call.timeoutMs);
    const stdout = result.stdout.toString("utf8");
    if (result.exitCode === 0) return stdout;
    const error = decodeCniError(stdout);
    throw pluginFailed({
      plugin: plugin.type,
      command,
      exitCode: result.exitCode,
      ...(result.signal === undefined ? {} : { signal: result.signal }),
      ...(error === undefined ? {} : { error }),
      stderr: result.stderr.toString("utf8").trim().slice(-stderrTailChars),
    });
  }

  async #execute(path: string, call: PluginCall, paths: PluginPaths, signal?: AbortSignal): Promise<RunResult> {
    const env = { ...this.#environment, ...toVariables(call), CNI_PATH: paths.searchPath };
    const stdin = Buffer.from(composeRequest(call.plugin, call.additions));
    const command = { program: path, args: [], env };
    const limits = { stdin, timeoutMs: call.timeoutMs, ...(signal === undefined ? {} : { signal }) };
    try {
      return await this.#processes.run(command, limits);
    } catch (error) {
      if (isFault(error, "not-found") || isFault(error, "denied")) {
        throw pluginNotRunnable(call.plugin.type, path, error);
      }
      throw Fault.within(`plugin ${call.plugin.type}: ${call.command}`, error);
    }
  }
}

function toVariables({ command, parameters }: PluginCall): Readonly<Record<string, string>> {
  if (parameters === undefined) return { CNI_COMMAND: command };
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: parameters.sandboxId,
    CNI_NETNS: parameters.netnsPath,
    CNI_IFNAME: parameters.interfaceName,
    CNI_ARGS: parameters.args,
  };
}
