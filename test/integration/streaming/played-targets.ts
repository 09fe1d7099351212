import { type Duplex, PassThrough } from "node:stream";
import { type ContainerId, createSystemClock, type SandboxId, silentLogger } from "#foundation";
import { createLinuxHost } from "#host";
import type { ProcessEnd, ProcessSession, TerminalSize } from "#spec";
import {
  createStreamingServer,
  type ExecRequest,
  type StreamingOptions,
  type StreamingServer,
  type StreamTargets,
} from "#streaming";

/** A process that the test plays. */
export interface Played {
  readonly session: ProcessSession;
  readonly input: PassThrough;
  readonly output: PassThrough;
  readonly errors: PassThrough;
  readonly sizes: readonly TerminalSize[];
  readonly isClosed: () => boolean;
  exit(exitCode: number): void;
}

export interface PlayedServer extends AsyncDisposable {
  readonly server: StreamingServer;
  /** The process behind the next exec or attach. */
  nextProcess(): Promise<Played>;
  /** Processes that began. */
  readonly began: () => number;
}

export const everything = { tty: false, stdin: true, stdout: true, stderr: true } as const;
export const aContainer = "c".repeat(64) as ContainerId;
export const aSandbox = "d".repeat(64) as SandboxId;
export const aCommand: ExecRequest = { containerId: aContainer, command: ["played"], ...everything };

/** A streaming server on loopback whose processes and ports the test plays. */
export async function startPlayedServer(
  options: StreamingOptions = {},
  portForward: StreamTargets["portForward"] = echo,
): Promise<PlayedServer> {
  const arrived: Played[] = [];
  const waiting: ((played: Played) => void)[] = [];
  let began = 0;
  const begin = (): Promise<ProcessSession> => {
    began += 1;
    const played = play();
    const accept = waiting.shift();
    if (accept === undefined) arrived.push(played);
    else accept(played);
    return Promise.resolve(played.session);
  };
  const { files } = await createLinuxHost({ path: "/usr/sbin:/usr/bin:/sbin:/bin" });
  const server = await createStreamingServer(options, {
    targets: { exec: begin, attach: begin, portForward },
    files,
    logger: silentLogger,
    clock: createSystemClock(),
  });
  return {
    server,
    began: () => began,
    nextProcess: () => {
      const played = arrived.shift();
      return played === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(played);
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function play(): Played {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const sizes: TerminalSize[] = [];
  let end: (end: ProcessEnd) => void = () => undefined;
  let isClosed = false;
  const ended = new Promise<ProcessEnd>((resolve) => (end = resolve));
  const session: ProcessSession = {
    stdin: input,
    stdout: output,
    stderr: errors,
    ended,
    resize: (size) => void sizes.push(size),
    close: () => {
      isClosed = true;
      for (const stream of [input, output, errors]) stream.destroy();
      return Promise.resolve();
    },
  };
  const exit = (exitCode: number): void => {
    output.end();
    errors.end();
    end({ kind: "exited", exitCode });
  };
  return { session, input, output, errors, sizes, isClosed: () => isClosed, exit };
}

/** A port that gives back what it gets, and ends when it has got all. */
function echo(): Promise<Duplex> {
  return Promise.resolve(new PassThrough());
}
