import { link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, type TestContext } from "vitest";
import type { CreateRequest, OciRuntime, RuntimeTimeouts } from "#runtime";
import {
  type Failure,
  type PlayedShim,
  type PlayedShimOptions,
  playShim,
  writeScript,
} from "../../support/played-shim.ts";
import { slowness } from "../../support/slowness.ts";
import { openRuntimePlace, type RuntimePlace, shimWith } from "./place.ts";

const forever = ["/bin/sleep", "1000"];
/** For an answer of the test's own process, for which somebody waits in vain. */
export const shortMs: number = 500 * slowness;
/** For a program or two, on a machine that may be busy. */
const programMs = 3_000 * slowness;

/** Deadlines of a place's handler: long, but for what does not answer. */
export class Deadlines implements RuntimeTimeouts {
  createMs: number;
  callMs: number;

  constructor(ms = 240_000) {
    this.createMs = ms;
    this.callMs = ms;
  }

  /** The next call is the one that fails. */
  failNext(): void {
    this.callMs = shortMs;
  }

  /** It has come: nobody else is slow, unless the shim answers nothing any more. */
  failed(failure: Failure): void {
    this.callMs = failure === "deafens" ? programMs : 60_000;
  }
}

/** Deadlines of which one is waited for while a container is made. */
export function lateInCreate(): Deadlines {
  return new Deadlines(programMs);
}

/** Programs of crisp's own, which a place would write for its first container. */
const programs = await mkdtemp(path.join(tmpdir(), "crisp-programs-"));

beforeAll(async () => {
  const place = await openRuntimePlace(shimWith({ programDirectory: programs }));
  await place.runtime.create(await requestContainer(place));
  await place.dispose();
});

afterAll(() => rm(programs, { recursive: true }));

/**
 * Gives a place those programs.
 *
 * One that was just written cannot be started while a child of a test beside it, which is just being started, has inherited
 * it open.
 */
async function linkPrograms(into: string): Promise<string> {
  const isNew = (await mkdir(path.join(into, "pause"), { recursive: true })) !== undefined;
  if (isNew)
    for (const name of ["log-writer", "pause/pause"]) await link(path.join(programs, name), path.join(into, name));
  return into;
}

interface Bad {
  /** Makes the program of the shim. */
  readonly install: (directory: string) => Promise<string>;
  readonly timeouts: RuntimeTimeouts;
  readonly sandboxer?: "container" | "shim";
}

/** A place whose handler has a bad shim; leaving it fails when anything is left on the machine. */
async function placeOf({ install, ...options }: Bad, { onTestFinished }: TestContext): Promise<RuntimePlace> {
  const place = await openRuntimePlace(async (deps) => {
    const shimPath = await install(deps.directory);
    const programDirectory = await linkPrograms(path.join(deps.directory, "programs"));
    return await shimWith({ handler: "bad", shimPath, programDirectory, ...options })(deps);
  });
  onTestFinished(() => place.dispose());
  return place;
}

/** A place whose handler's shim is a few lines of shell. */
export async function placeOfScript(script: string, context: TestContext): Promise<RuntimePlace> {
  const install = async (directory: string): Promise<string> => {
    const program = path.join(directory, "containerd-shim-bad-v1");
    await writeScript(program, script);
    return program;
  };
  const timeouts = script.includes("sleep") ? lateInCreate() : new Deadlines();
  return await placeOf({ install, timeouts }, context);
}

/** A place whose handler's shim is played by the test. */
export interface PlayedPlace {
  readonly place: RuntimePlace;
  readonly shim: PlayedShim;
  readonly deadlines: Deadlines;
}

export interface PlayedPlaceOptions extends Omit<PlayedShimOptions, "onFailure"> {
  readonly sandboxer?: "container" | "shim";
  readonly deadlines?: Deadlines;
}

export async function placeOfPlayed(
  { sandboxer = "container", deadlines = new Deadlines(), ...options }: PlayedPlaceOptions,
  context: TestContext,
): Promise<PlayedPlace> {
  let shim: PlayedShim | undefined;
  const install = async (directory: string): Promise<string> => {
    if (shim === undefined) {
      const played = await playShim(directory, { ...options, onFailure: (failure) => deadlines.failed(failure) });
      // Goes after the place, which still calls it.
      context.onTestFinished(() => played[Symbol.asyncDispose]());
      shim = played;
    }
    return shim.program;
  };
  const place = await placeOf({ install, sandboxer, timeouts: deadlines }, context);
  if (shim === undefined) throw new Error("a place was made without its shim");
  return { place, shim, deadlines };
}

/** A request for a container that runs until it is ended. */
export async function requestContainer({ request }: RuntimePlace): Promise<CreateRequest> {
  return await request(forever);
}

/** A request for a sandbox that its shim makes. */
export async function requestSandbox(place: RuntimePlace): Promise<CreateRequest> {
  const asked = await place.request(forever, { request: { logPath: undefined } });
  const { id: sandboxId, bundleDirectory: sandboxBundle } = asked;
  const { sandbox: config } = place.input(forever);
  return { ...asked, pod: { sandboxId, sandboxBundle, role: "sandbox", config, annotations: {} } };
}

/** What `create` says, without the id and the exact time. */
export async function refusal(runtime: OciRuntime, asked: CreateRequest): Promise<readonly [string, string]> {
  const error: unknown = await runtime.create(asked).catch((thrown: unknown) => thrown);
  const { kind, message } = error as Error & { readonly kind: string };
  return [kind, message.replace(asked.id, "ID").replace(/\d+ ms/, "N ms")];
}

/** What is told of a call after which there is no shim any more. */
export function ended(method: string): string {
  return `the shim ended, or closed its connection, before it answered ${method}`;
}
