import { Readable, Writable } from "node:stream";
import type { AdminClient, CallOptions, CriClient } from "#client";
import { Fault } from "#foundation";
import { ImageService, RuntimeService } from "#proto/cri/v1/runtime_pb.js";
import { AdminService } from "#proto/crisp/v1/admin_pb.js";
import type { ConsoleSize } from "../console.ts";
import { createProgram, expandHelp } from "../program.ts";
import type { Session } from "../session.ts";
import { type Environment, type GlobalFlags, resolveSettings } from "../settings.ts";

/** The moment at which every fake session happens. */
export const fakeNow: bigint = 1_767_323_045_000_000_000n; // 2026-01-02T03:04:05Z

/** What one run of `crisp` left. */
export interface FakeRun {
  readonly out: string;
  readonly err: string;
  readonly exitCode: number;
  /** What the command threw. */
  readonly failure: unknown;
  readonly flags: GlobalFlags | undefined;
}

/** What a test has answered: an RPC of CRI or of crisp's own service. */
export type FakeAnswers = Partial<CriClient & AdminClient>;

/** A client that answers only what a test says; every other RPC is unsupported. */
function createFakeClient(answers: FakeAnswers): CriClient & AdminClient {
  const methods = [...RuntimeService.methods, ...ImageService.methods, ...AdminService.methods];
  const refusals = methods.map(({ localName, methodKind }) => {
    const refusal = new Fault("unsupported", `${localName}: not expected here`);
    if (methodKind !== "server_streaming") return [localName, () => Promise.reject(refusal)] as const;
    const refuse = (): AsyncIterable<never> => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(refusal) }),
    });
    return [localName, refuse] as const;
  });
  const nothing = (): void => undefined;
  return { ...(Object.fromEntries(refusals) as unknown as CriClient & AdminClient), close: nothing, ...answers };
}

/** A console that nobody types on. */
function createFakeConsole(
  writeOut: (data: Uint8Array) => void,
  writeError: (data: Uint8Array) => void,
  errorsSize: ConsoleSize | undefined,
): Session["console"] {
  const sink = (write: (data: Uint8Array) => void): Writable =>
    new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        write(bytes);
        done();
      },
    });
  return {
    input: Readable.from([]),
    output: sink(writeOut),
    errors: sink(writeError),
    isTerminal: false,
    size: () => errorsSize,
    errorsSize: () => errorsSize,
    onResize: () => () => undefined,
    onEnd: () => () => undefined,
    setRaw: () => undefined,
    release: () => undefined,
  };
}

/** Runs a whole command line of `crisp` against a fake client. */
export async function runCrisp(
  args: readonly string[],
  answers: FakeAnswers = {},
  environment: Environment = {},
  errorsSize?: ConsoleSize,
): Promise<FakeRun> {
  const run = {
    out: "",
    err: "",
    exitCode: 0,
    failure: undefined as unknown,
    flags: undefined as GlobalFlags | undefined,
  };
  const writeOut = (data: string | Uint8Array): void => void (run.out += Buffer.from(data).toString());
  const writeError = (data: string | Uint8Array): void => void (run.err += Buffer.from(data).toString());
  const signal = new AbortController().signal;
  const open = async (flags: GlobalFlags): Promise<Session> => {
    run.flags = flags;
    const client = createFakeClient(answers);
    return {
      client,
      patientClient: () => client,
      admin: client,
      terminal: {
        write: async (data) => writeOut(data),
        writeError: async (data) => writeError(data),
        say: (line) => writeError(`${line}\n`),
      },
      console: createFakeConsole(writeOut, writeError, errorsSize),
      settings: resolveSettings(flags, environment, {}),
      environment,
      clock: { nowNanos: () => fakeNow },
      signal,
      reading: { signal },
      acting: (timeoutMs = 120_000): CallOptions => ({ signal, timeoutMs }),
      exitWith: (code) => {
        run.exitCode = code;
      },
      close: () => undefined,
    };
  };
  const program = createProgram({ version: "1.2.3", open, writeOut, writeError });
  try {
    await program.parseAsync(expandHelp(args), { from: "user" });
  } catch (error) {
    run.failure = error;
  }
  return run;
}
