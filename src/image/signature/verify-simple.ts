import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { deadline, Fault, isFault } from "#foundation";
import type { Child, Host } from "#host";
import { decodeGpgStatus, decodeSignedClaim, type KeySource, maxSignatureBytes, type SignedClaim } from "#spec";
import { badSignature } from "./faults.ts";
import { readKeyring } from "./keys.ts";
import type { SimpleSignature } from "./types.ts";

export interface GpgDeps {
  readonly host: Pick<Host, "files" | "processes">;
  /** Directory of our own for key rings; each check makes and removes its own below it. */
  readonly scratchDirectory: string;
  readonly signal: AbortSignal;
}

/** Checks OpenPGP signatures and nothing else; every Debian has it. */
const program = "gpgv";
const timeoutMs = 10_000;
const sigkill = 9;
/** The descriptor that gpgv writes its verdict to: its own, so that no message can pass for one. */
const statusDescriptor = 3;

/** What a signature in gpg's form says, once one of the keys is found to have made it. @throws Fault */
export async function verifySimple(
  { bytes }: SimpleSignature,
  sources: readonly KeySource[],
  deps: GpgDeps,
): Promise<SignedClaim> {
  const { files } = deps.host;
  const keyring = await readKeyring(sources, files);
  const directory = join(deps.scratchDirectory, randomUUID());
  try {
    await files.makeDirectory(directory, { mode: 0o700 });
    await files.write(join(directory, "keys.gpg"), keyring, { mode: 0o600 });
    return decodeSignedClaim(await openMessage(bytes, directory, deps), "simple-signing");
  } finally {
    await files.remove(directory);
  }
}

/** The message that a good signature is around. */
async function openMessage(signed: Buffer, directory: string, deps: GpgDeps): Promise<Buffer> {
  const { payload, status } = await runGpgv(signed, directory, deps);
  const verdict = decodeGpgStatus(status);
  if (!verdict.isGood) throw badSignature(verdict.problem);
  if (verdict.payloadBytes !== undefined && verdict.payloadBytes !== payload.length) {
    throw badSignature("it is not one signature over one message");
  }
  return payload;
}

async function runGpgv(
  signed: Buffer,
  directory: string,
  { host, signal }: GpgDeps,
): Promise<{ readonly payload: Buffer; readonly status: string }> {
  const limit = deadline(timeoutMs, signal);
  const child = await start(directory, host);
  const stop = (): void => child.kill(sigkill);
  limit.addEventListener("abort", stop, { once: true });
  try {
    // A program that ends early breaks the pipe; its verdict says why.
    child.writers[0]?.on("error", stop).end(signed);
    const [payload, , status] = await Promise.all(
      [1, 2, statusDescriptor].map((descriptor) => collect(child.readers[descriptor])),
    );
    const { exitCode } = await child.exited;
    limit.throwIfAborted();
    const text = status?.toString("latin1") ?? "";
    if (exitCode !== 0 && decodeGpgStatus(text).isGood) throw badSignature(`${program} ended with ${exitCode}`);
    return { payload: payload ?? Buffer.alloc(0), status: text };
  } finally {
    limit.removeEventListener("abort", stop);
    stop();
    child.writers[0]?.destroy();
  }
}

async function start(directory: string, { processes }: Pick<Host, "processes">): Promise<Child> {
  const rings = ["--homedir", directory, "--keyring", join(directory, "keys.gpg")];
  const args = [...rings, "--status-fd", String(statusDescriptor), "--output", "-", "-"];
  const descriptors = {
    0: "pipe-to-child",
    1: "pipe-from-child",
    2: "pipe-from-child",
    [statusDescriptor]: "pipe-from-child",
  } as const;
  try {
    return await processes.spawn({ program, args, env: { LC_ALL: "C" } }, { descriptors });
  } catch (error) {
    if (isFault(error, "not-found")) throw Fault.within("signatures by gpg are checked with the program gpgv", error);
    throw error;
  }
}

/** A message may be packed, and unpack to anything: what is over the limit ends the program. */
async function collect(output: Readable | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const piece of (output ?? []) as AsyncIterable<Buffer>) {
    sizeBytes += piece.length;
    if (sizeBytes > maxSignatureBytes) throw badSignature(`it unpacks to more than ${maxSignatureBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces, sizeBytes);
}
