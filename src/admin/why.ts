import { create } from "@bufbuild/protobuf";
import { Fault, isFault } from "#foundation";
import { describeLog, type Engine } from "#pod";
import { type WhyRequest, type WhyResponse, WhyResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import type { Journal, JournalEvent, JournalObject, JournalStep } from "#store";

/** Steps of one object that an answer has at most: many restarts of a container fit. */
const maxSteps = 2_000;
/** Parts and earlier objects of one name that an answer has at most. */
const maxObjects = 64;

export interface WhyDeps {
  readonly engine: Pick<Engine, "getSandbox" | "getContainer" | "logStates">;
  readonly journal: Pick<Journal, "findObjects" | "partsOf" | "stepsOf" | "events">;
}

/** Answers Why from the journal: of those that the request fits, the newest. @throws Fault `not-found` when nothing is known */
export async function why({ object: text }: WhyRequest, deps: WhyDeps): Promise<WhyResponse> {
  const found = text === "" ? [] : deps.journal.findObjects(text);
  const newest = found.at(-1);
  if (newest === undefined) throw new Fault("not-found", `why ${text}: the journal knows nothing of that name or id`);
  const asked = { ...deps, logs: await deps.engine.logStates() };
  return create(WhyResponseSchema, {
    object: describe(newest, asked),
    parts: deps.journal
      .partsOf(newest.id)
      .slice(-maxObjects)
      .map((part) => describe(part, asked)),
    others: found.slice(-maxObjects - 1, -1).map(({ kind, id, name }) => ({ kind, id, name })),
  });
}

/** With how the logs of the containers that run go. */
interface Asked extends WhyDeps {
  readonly logs: Awaited<ReturnType<Engine["logStates"]>>;
}

function describe(object: JournalObject, asked: Asked) {
  const { journal } = asked;
  const { kind, id, name, parentId } = object;
  const owner = parentId === "" ? id : parentId;
  return {
    kind,
    id,
    name,
    ...stateOf(object, asked),
    steps: journal.stepsOf(id, maxSteps).map(toStep),
    events: journal.events
      .ofOwner(owner)
      .filter(({ objectId }) => objectId === id)
      .map(toEvent),
  };
}

interface ObjectState {
  readonly phase: string;
  readonly problem: string;
}

const gone: ObjectState = { phase: "", problem: "" };

function stateOf({ kind, id }: JournalObject, { engine, logs }: Asked): ObjectState {
  try {
    if (kind === "sandbox") return sandboxState(engine.getSandbox(id).details);
    if (kind === "container") return containerState(engine.getContainer(id), logs);
    return gone;
  } catch (error) {
    if (isFault(error, "not-found")) return gone;
    throw error;
  }
}

function sandboxState({ phase, problem }: Readonly<Record<string, unknown>>): ObjectState {
  return { phase: String(phase), problem: typeof problem === "string" ? problem : "" };
}

function containerState(view: ReturnType<Engine["getContainer"]>, logs: Asked["logs"]): ObjectState {
  const phase = String(view.details["phase"]);
  const log = logs.get(view.id);
  if (phase !== "exited") return { phase, problem: log === undefined ? "" : describeLog(log) };
  const { exitCode, reason, message } = view;
  return { phase, problem: [`exit code ${exitCode}`, reason, message].filter((part) => part !== "").join(": ") };
}

function toStep(step: JournalStep) {
  const { sequence, parent, kind, name, startedAtNanos, durationMs, outcome, error, facts } = step;
  return {
    sequence: BigInt(sequence),
    parent: BigInt(parent),
    kind,
    name,
    startedAt: startedAtNanos,
    ...(durationMs === undefined ? {} : { durationMs }),
    outcome,
    error,
    detail: textOf(facts["detail"]),
    ...(kind === "command" ? { command: toCommand(facts) } : {}),
  };
}

/** What was written down is read with care: another version may have written it. */
function toCommand(facts: JournalStep["facts"]) {
  const { argv, exitCode, signal, pid } = facts;
  return {
    argv: Array.isArray(argv) ? argv.map(String) : [],
    ...(typeof exitCode === "number" ? { exitCode } : {}),
    signal: typeof signal === "number" ? signal : 0,
    pid: BigInt(typeof pid === "number" ? pid : 0),
    timedOut: facts["timedOut"] === true,
    cniCommand: textOf(facts["cni"]),
    stdout: textOf(facts["stdout"]),
    stderr: textOf(facts["stderr"]),
    result: textOf(facts["result"]),
  };
}

function textOf(fact: unknown): string {
  return typeof fact === "string" ? fact : "";
}

function toEvent({ sequence, atNanos, type, objectId }: JournalEvent) {
  return { sequence: BigInt(sequence), at: atNanos, type, objectId };
}
