import { CommanderError } from "commander";
import { readEnvironment, version } from "#config";
import { Fault } from "#foundation";
import { createConsole } from "./console.ts";
import { exitCodeOfKind } from "./exit-code.ts";
import { createProgram, expandHelp } from "./program.ts";
import type { Session } from "./session.ts";
import { configPathOf, type GlobalFlags, resolveSettings } from "./settings.ts";
import type { Terminal } from "./terminal.ts";

/** Runs one command of `crisp` and leaves its exit code to the process. */
async function main(args: readonly string[]): Promise<void> {
  const terminal = createTerminal();
  const interrupt = listenForInterrupt();
  let session: Session | undefined;
  const program = createProgram({
    version,
    open: async (flags) => {
      session = await openSession(flags, terminal, interrupt);
      return session;
    },
    writeOut: (text) => void process.stdout.write(text),
    writeError: (text) => void process.stderr.write(text),
  });
  try {
    await program.parseAsync(expandHelp(args), { from: "user" });
  } catch (error) {
    process.exitCode = report(error, terminal);
  } finally {
    session?.close();
  }
}

async function openSession(flags: GlobalFlags, terminal: Terminal, signal: AbortSignal): Promise<Session> {
  const environment = readEnvironment();
  const [{ readCrictlConfig }, { createSession }] = await Promise.all([
    import("./config-file.ts"),
    import("./session.ts"),
  ]);
  const file = await readCrictlConfig(configPathOf(flags, environment));
  return createSession({
    settings: resolveSettings(flags, environment, file),
    environment,
    terminal,
    console: createConsole(process),
    signal,
    exitWith: (code) => {
      process.exitCode = code;
    },
  });
}

/** Says what went wrong in one line, and which exit code that is. */
function report(error: unknown, terminal: Terminal): number {
  // commander has said it already, and its help texts are no failures.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodeOfKind.invalid;
  const fault = Fault.from(error);
  terminal.say(`crisp: ${fault.message.replaceAll("\n", " ")}`);
  return exitCodeOfKind[fault.kind];
}

function createTerminal(): Terminal {
  // A reader that has seen enough (`| head`) closes the pipe: not our failure, and nobody is left to tell.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
  return {
    write: (data) => writeTo(process.stdout, data),
    writeError: (data) => writeTo(process.stderr, data),
    say: (line) => void process.stderr.write(`${line}\n`),
  };
}

function writeTo(stream: NodeJS.WriteStream, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.write(data, () => resolve());
  });
}

/** Aborts at the first Ctrl-C, so that the server is told; a second one ends the program at once. */
function listenForInterrupt(): AbortSignal {
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => abort.abort(new Fault("canceled", "interrupted")));
  }
  return abort.signal;
}

void main(process.argv.slice(2));
