import { join } from "node:path";

/** The files of a bundle directory: what crisp writes, and what conmon does. */
export interface BundleFiles {
  readonly config: string;
  /** The pid of the container's first process, written by the runtime. */
  readonly initPid: string;
  /** The identity of the monitor, for a daemon that died before it could record it. */
  readonly monitorIdentity: string;
  /** The identity of the runtime while it writes a checkpoint: it outlives a daemon that dies. */
  readonly checkpointer: string;
  /** The exit code, written by conmon as its last act. */
  readonly exit: string;
  /** Empty; there when the kernel killed the container for its memory. */
  readonly oom: string;
  /** The process that writes the log, and where: a `WriterRecord`; none where conmon writes it itself. */
  readonly logWriter: string;
  /** The memory of that process. */
  readonly logState: string;
  /** Fifo that conmon takes commands from. */
  readonly control: string;
  /** Socket of packets at which conmon gives out the container's streams. */
  readonly attach: string;
}

export function bundleFiles(directory: string): BundleFiles {
  return {
    config: join(directory, "config.json"),
    initPid: join(directory, "init.pid"),
    monitorIdentity: join(directory, "monitor.json"),
    checkpointer: join(directory, "checkpoint.json"),
    exit: join(directory, "exit"),
    oom: join(directory, "oom"),
    logWriter: join(directory, "log-writer.json"),
    logState: join(directory, "log-writer.state"),
    control: join(directory, "ctl"),
    attach: join(directory, "attach"),
  };
}
