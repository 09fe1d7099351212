import type { ContainerId, SandboxId } from "#foundation";

interface WantedStreams {
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Gives out URLs at which streams wait for their client: filled in by the daemon with the streaming server. */
export interface StreamUrls {
  /** @throws Fault `invalid` without any stream, with a terminal and standard error, or without a command */
  execUrl(request: WantedStreams & { readonly containerId: ContainerId; readonly command: readonly string[] }): string;
  /** @throws Fault `invalid` without any stream, or with a terminal and standard error */
  attachUrl(request: WantedStreams & { readonly containerId: ContainerId }): string;
  portForwardUrl(request: { readonly sandboxId: SandboxId; readonly ports: readonly number[] }): string;
}
