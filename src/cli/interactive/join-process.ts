import { finished } from "node:stream/promises";
import type { RemoteProcess } from "#client";
import { abortReason } from "#foundation";
import type { Console } from "../console.ts";
import { DetachKeys } from "./detach-keys.ts";

export interface JoinOptions {
  /** Whether the process has a terminal: then ours becomes it. */
  readonly tty: boolean;
  readonly signal: AbortSignal;
}

/** How talking with a process ended. */
export type JoinEnd = { readonly kind: "exited"; readonly exitCode: number } | { readonly kind: "detached" };

/**
 * Joins the console with a process until it has ended and all its output is
 * written, or until the person leaves with Ctrl-P Ctrl-Q.
 *
 * The console is given back as it was, whatever happens.
 */
export async function joinProcess(remote: RemoteProcess, console: Console, options: JoinOptions): Promise<JoinEnd> {
  const isRaw = options.tty && console.isTerminal && remote.stdin !== undefined;
  const endResizing = options.tty ? followSize(remote, console) : () => undefined;
  if (isRaw) console.setRaw(true);
  try {
    return await Promise.race([
      relayOutput(remote, console),
      relayInput(remote, console, options.tty),
      abortReason(options.signal),
    ]);
  } finally {
    if (isRaw) console.setRaw(false);
    endResizing();
    if (remote.stdin !== undefined) console.release();
    remote.close();
  }
}

function followSize(remote: RemoteProcess, console: Console): () => void {
  const tell = (): void => {
    const size = console.size();
    if (size !== undefined) remote.resize(size);
  };
  tell();
  return console.onResize(tell);
}

async function relayOutput(remote: RemoteProcess, console: Console): Promise<JoinEnd> {
  remote.stdout?.pipe(console.output, { end: false });
  remote.stderr?.pipe(console.errors, { end: false });
  const exitCode = await remote.exitCode;
  const outputs = [remote.stdout, remote.stderr].filter((output) => output !== undefined);
  await Promise.all(outputs.map((output) => finished(output, { writable: false })));
  return { kind: "exited", exitCode };
}

/** Resolves only when the person leaves. */
function relayInput({ stdin }: RemoteProcess, { input }: Console, tty: boolean): Promise<JoinEnd> {
  return new Promise((resolve) => {
    if (stdin === undefined) return;
    stdin.on("error", () => undefined); // its process has ended, which the status tells
    if (!tty) {
      input.pipe(stdin);
      return;
    }
    const keys = new DetachKeys();
    input.on("data", (typed: Buffer) => {
      const { passed, isDetached } = keys.push(typed);
      if (passed.length > 0) stdin.write(passed);
      if (isDetached) resolve({ kind: "detached" });
    });
    input.on("end", () => stdin.end());
  });
}
