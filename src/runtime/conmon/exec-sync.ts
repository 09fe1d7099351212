import { Fault } from "#foundation";
import { grpcMessageLimitBytes } from "#spec";
import { execTimedOut, runtimeFailed } from "../faults.ts";
import type { CallOptions, ContainerHandle, ExecRequest, ExecSyncRequest, ExecSyncResult } from "../types.ts";
import { ExecOutput } from "./exec-output.ts";
import { type ExecProcess, startExecProcess } from "./exec-process.ts";
import type { ConmonContext } from "./options.ts";

/** Both streams together must fit into one answer, whose other fields take some bytes too. */
const maxOutputBytes = grpcMessageLimitBytes - 1024;

/** Runs a command in a container and collects what it writes; see `ContainerExec.execSync`. */
export async function execSync(
  context: ConmonContext,
  container: ContainerHandle,
  request: ExecSyncRequest & CallOptions,
): Promise<ExecSyncResult> {
  return await runExecSync(container.id, request, (wanted) => startExecProcess(context, container, wanted));
}

/** Starts a command by `start`, and sees to it that it ends in time. */
export async function runExecSync(
  containerId: string,
  request: ExecSyncRequest & CallOptions,
  start: (wanted: ExecRequest & { readonly signal: AbortSignal }) => Promise<ExecProcess>,
): Promise<ExecSyncResult> {
  const act = `exec in ${containerId}`;
  const cut = new Cut(request);
  try {
    const { signal } = cut;
    const process = await start({
      command: request.command,
      tty: false,
      stdin: false,
      stdout: true,
      stderr: true,
      signal,
    });
    return await collect(act, process, cut);
  } catch (error) {
    throw cut.signal.aborted ? cut.fault(act) : error;
  } finally {
    cut.close();
  }
}

async function collect(act: string, process: ExecProcess, cut: Cut): Promise<ExecSyncResult> {
  const { child, stdout, stderr } = process;
  if (stdout === undefined || stderr === undefined) throw runtimeFailed(act, "its pipes are missing");
  const output = new ExecOutput(stdout, stderr, maxOutputBytes);
  const end = await Promise.race([child.exited, cut.happened]);
  if (end === undefined) await process.kill();
  const [written] = await Promise.all([output.finish(), process.cleared]);
  if (end === undefined) throw cut.fault(act);
  return { exitCode: end.exitCode, ...written };
}

/** What ends an exec before its command does: its own time, or its caller. */
class Cut {
  /** Aborts when one of them has happened. */
  readonly signal: AbortSignal;
  /** Resolves then. */
  readonly happened: Promise<undefined>;
  readonly #timeoutMs: number;
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #happen: () => void;

  constructor({ timeoutMs, signal }: ExecSyncRequest & CallOptions) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const controller = new AbortController();
    this.signal = controller.signal;
    this.happened = promise;
    this.#timeoutMs = timeoutMs;
    this.#caller = signal;
    this.#happen = () => {
      controller.abort(signal?.reason);
      resolve(undefined);
    };
    this.#timer = timeoutMs > 0 ? setTimeout(this.#happen, timeoutMs) : undefined;
    // What aborted before somebody listened says nothing any more.
    if (signal?.aborted === true) this.#happen();
    signal?.addEventListener("abort", this.#happen, { once: true });
  }

  fault(act: string): Fault {
    return this.#caller?.aborted === true ? Fault.within(act, this.#caller.reason) : execTimedOut(act, this.#timeoutMs);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener("abort", this.#happen);
  }
}
