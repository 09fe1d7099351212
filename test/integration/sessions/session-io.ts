import { once } from "node:events";
import type { Readable } from "node:stream";
import type { ExecRequest } from "#runtime";
import type { ProcessSession } from "#spec";

const nothing = { tty: false, stdin: false, stdout: false, stderr: false };

/** A request for a shell script, with the streams that a test names. */
export function shell(script: string, wanted: Partial<ExecRequest> = { stdout: true, stderr: true }): ExecRequest {
  return { ...nothing, ...wanted, command: ["/bin/sh", "-c", script] };
}

/** Everything that a stream gives until its end. */
export async function textOf(stream: Readable | undefined): Promise<string> {
  if (stream === undefined) throw new Error("the session has no such stream");
  return Buffer.concat((await stream.toArray()) as Buffer[]).toString();
}

/** Reads until a text has come; gives all that came by then. */
export async function until(stream: Readable | undefined, text: string): Promise<string> {
  if (stream === undefined) throw new Error("the session has no such stream");
  let said = "";
  while (!said.includes(text)) {
    const piece = stream.read() as Buffer | null;
    if (piece === null) await once(stream, "readable");
    else said += piece.toString();
  }
  return said;
}

/** Both outputs and the exit code of a session that ends by itself. */
export async function outcome(
  session: ProcessSession,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const [stdout, stderr, end] = await Promise.all([textOf(session.stdout), textOf(session.stderr), session.ended]);
  if (end.kind === "failed") throw end.fault;
  return { stdout, stderr, exitCode: end.exitCode };
}
