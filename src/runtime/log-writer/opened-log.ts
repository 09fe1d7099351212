import type { UndoStack } from "#foundation";
import type { Child, ChildDescriptor, Host, OpenFile, OpenPipe, ProcessIdentity } from "#host";
import { encodeLogWriterRecord } from "#spec";
import { bundleFiles } from "../conmon/bundle-files.ts";
import { monitorFailed } from "../faults.ts";
import { encodeNewState } from "./state.ts";
import type { WriterProgram } from "./writer-program.ts";

/** What a log writer is started with, besides the pipe. */
export interface WriterPlace {
  /** The container's. */
  readonly id: string;
  /** Directory of the files of the monitor that it writes for. */
  readonly directory: string;
  readonly logPath: string;
}

export interface WriterDeps {
  readonly host: Pick<Host, "processes" | "files" | "machine">;
  readonly program: WriterProgram;
}

/** Descriptors of a monitor: its end of the pipe, and the other one, so that what is in the pipe outlives a writer. */
const writeEnd = 1;
const keptEnd = 4;
const sigkill = 9;
const logMode = 0o600;

/** Where the monitor of a log finds its end of the pipe. */
export const monitorLogPath: string = `/proc/self/fd/${writeEnd}`;

/** The other end, which the monitor keeps for a writer that is to go on after another. */
export function keptPipe({ pid }: ProcessIdentity): string {
  return `/proc/${pid}/fd/${keptEnd}`;
}

/** The log of a container that is to be created: an open file, and a pipe to it that nobody reads yet. */
export class OpenedLog {
  /** What the monitor is started with. */
  readonly monitorDescriptors: Readonly<Record<number, ChildDescriptor>>;
  readonly #deps: WriterDeps;
  readonly #place: WriterPlace;
  readonly #file: OpenFile;
  readonly #pipe: OpenPipe;

  constructor(deps: WriterDeps, place: WriterPlace, opened: { readonly file: OpenFile; readonly pipe: OpenPipe }) {
    this.#deps = deps;
    this.#place = place;
    this.#file = opened.file;
    this.#pipe = opened.pipe;
    this.monitorDescriptors = {
      [writeEnd]: { fd: opened.pipe.writeFd },
      [keptEnd]: { fd: opened.pipe.readFd },
    };
  }

  /** Starts the writer. What the monitor has written by then waits in the pipe. */
  async start({ waitMs }: { readonly waitMs: number }, undo: UndoStack): Promise<void> {
    const { files } = this.#deps.host;
    const { logState } = bundleFiles(this.#place.directory);
    await files.write(logState, encodeNewState({ waitMs }), { mode: 0o600 });
    await startWriter(this.#deps, this.#place, {
      pipeFd: this.#pipe.readFd,
      logFd: this.#file.fd,
      onStart: (writer) => undo.push({ name: "end log writer", run: () => this.#takeBack(writer) }),
    });
  }

  /** Without its record nobody starts another one. */
  async #takeBack(writer: Child): Promise<void> {
    await this.#deps.host.files.remove(bundleFiles(this.#place.directory).logWriter);
    writer.kill(sigkill);
    await writer.exited;
  }

  /** Closes our descriptors, so that the writer sees its monitor's end. */
  async close(): Promise<void> {
    this.#pipe.close();
    await this.#file.close();
  }
}

/** Opens a container's log, which is made when it is missing. */
export async function openLog(deps: WriterDeps, place: WriterPlace): Promise<OpenedLog> {
  const file = await deps.host.files.openForChild(place.logPath, "append", { mode: logMode });
  try {
    return new OpenedLog(deps, place, { file, pipe: deps.host.processes.openPipe() });
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface WriterStart {
  readonly pipeFd: number;
  readonly logFd: number;
  readonly onStart?: (writer: Child) => void;
}

/** Starts a writer with its memory as it is, and writes down which process it is. */
export async function startWriter(deps: WriterDeps, place: WriterPlace, start: WriterStart): Promise<void> {
  const { files, processes } = deps.host;
  const { logState, logWriter } = bundleFiles(place.directory);
  const program = await deps.program.path();
  const state = await files.openForChild(logState, "update");
  try {
    const writer = await processes.spawn(
      // It has no use for the second argument: that is for people who wonder whose it is.
      { program, args: [place.logPath, `--log-of=${place.directory}`], env: {}, cwd: "/" },
      { descriptors: { 0: { fd: start.pipeFd }, 1: { fd: start.logFd }, 2: { fd: state.fd } }, leads: "session" },
    );
    start.onStart?.(writer);
    const process = processes.identify(writer.pid);
    if (process === undefined) throw monitorFailed(`write the log of ${place.id}`, "its writer ended at once");
    const record = encodeLogWriterRecord({ process, logPath: place.logPath });
    await files.writeAtomic(logWriter, record, { mode: 0o600, isDurable: false });
  } finally {
    await state.close();
  }
}
