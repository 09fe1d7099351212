import type { RecordedCommand, RecordedObject, WhyResponse } from "#proto/crisp/v1/admin_pb.js";
import { shortId } from "../short-id.ts";
import { formatTime } from "../time.ts";
import { describeNext } from "./next.ts";
import { type StoryStep, tellStory } from "./story.ts";

/** An answer in plain words: what is wrong first, then what will be done, then everything in order. */
export function renderWhy(answer: WhyResponse): string {
  const { object, parts, others } = answer;
  if (object === undefined) return "";
  const { steps, trouble } = tellStory(answer);
  return [
    ...[object, ...parts].map(renderState),
    "",
    ...(trouble.length === 0
      ? ["No step failed, or what failed was done again with success."]
      : renderTrouble(trouble)),
    `Next: ${describeNext(trouble[0]?.object ?? object)}.`,
    "",
    "What happened (UTC):",
    ...renderTimeline(steps, [object, ...parts]),
    ...(others.length === 0 ? [] : ["", `Earlier of this name: ${others.map(({ id }) => shortId(id)).join(", ")}`]),
    "",
  ].join("\n");
}

function renderState({ kind, id, name, phase, problem }: RecordedObject): string {
  const now = phase === "" ? (kind === "image" ? "" : " is gone") : ` is ${phase}`;
  const title = id === name ? `${kind} ${name}` : `${kind} ${name} (${shortId(id)})`;
  return `${title}${now}${problem === "" ? "" : `: ${problem}`}`;
}

const verdicts: Readonly<Record<string, string>> = {
  failed: "failed",
  running: "has not ended yet",
  interrupted: "was cut off when crispd ended",
};

function renderTrouble(path: readonly StoryStep[]): readonly string[] {
  const [act] = path;
  const last = path.at(-1);
  if (act === undefined || last === undefined) return [];
  const stages = path.filter(({ step }) => step.kind !== "act" || step === act.step).map(({ step }) => titleOf(step));
  const { step } = act;
  const error = [act, ...path].map((one) => one.step.error).find((text) => text !== "");
  return [
    `${stages.join(" > ")} ${verdicts[step.outcome] ?? step.outcome}${lastedOf(step.durationMs)}, begun ${timeOf(step.startedAt)}.`,
    ...(error === undefined ? [] : [`  It said: ${error}`]),
    ...(last.step.command === undefined ? [] : renderCommand(last.step.command).map((line) => `  ${line}`)),
  ];
}

function renderCommand(command: RecordedCommand): readonly string[] {
  const { argv, exitCode, signal, timedOut, stderr, stdout, result, pid } = command;
  const end = timedOut
    ? "killed when its time was over"
    : signal !== 0
      ? `ended by signal ${signal}`
      : exitCode !== undefined
        ? `exit code ${exitCode}`
        : pid === 0n
          ? "did not end"
          : `left to run as process ${pid}`;
  return [
    `command: ${argv.join(" ")} (${end})`,
    ...(result === "" ? [] : [`result: ${result}`]),
    ...(stderr === "" ? [] : [`stderr: ${indented(stderr)}`]),
    ...(stdout === "" ? [] : [`stdout: ${indented(stdout)}`]),
  ];
}

/** What outside programs print may hold anything: control characters would reach the person's terminal. */
function indented(text: string): string {
  return printable(text).replaceAll("\n", "\n          ");
}

function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "?");
}

interface Line {
  readonly at: bigint;
  readonly text: string;
}

/** Acts with their parts and events, by time. */
function renderTimeline(steps: readonly StoryStep[], objects: readonly RecordedObject[]): readonly string[] {
  const blocks = steps.map((one) => ({ at: one.step.startedAt, lines: linesOf(one, 0) }));
  const events = objects.flatMap((object) =>
    object.events.map(({ at, type }) => ({ at, lines: [{ at, text: `* ${object.kind} ${object.name} ${type}` }] })),
  );
  return [...blocks, ...events]
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .flatMap(({ lines }) => lines)
    .map(({ at, text }) => `  ${timeOf(at)}  ${text}`);
}

function linesOf(one: StoryStep, depth: number): readonly Line[] {
  const { step, object, parts } = one;
  const subject = step.kind === "act" ? ` ${object.kind} ${object.name}` : "";
  const outcome = step.outcome === "ok" ? "" : ` ${(verdicts[step.outcome] ?? step.outcome).toUpperCase()}`;
  const command = step.command === undefined || step.outcome !== "ok" ? "" : endOf(step.command);
  const text = `${"  ".repeat(depth)}${titleOf(step)}${subject}${outcome}${lastedOf(step.durationMs)}${command}`;
  return [{ at: step.startedAt, text }, ...parts.flatMap((part) => linesOf(part, depth + 1))];
}

function endOf({ exitCode, result, timedOut }: RecordedCommand): string {
  if (timedOut) return ", killed when its time was over";
  const code = exitCode === undefined || exitCode === 0 ? "" : `, exit code ${exitCode}`;
  return `${code}${result === "" ? "" : `: ${result}`}`;
}

function titleOf({ name, command, detail }: StoryStep["step"]): string {
  const which = command === undefined ? detail : command.cniCommand;
  return which === "" ? name : `${name} ${printable(which)}`;
}

function lastedOf(durationMs: number | undefined): string {
  if (durationMs === undefined) return "";
  return durationMs >= 1_000 ? ` after ${(durationMs / 1_000).toFixed(1)} s` : ` after ${durationMs.toFixed(1)} ms`;
}

/** To the millisecond: more is not the clock's. */
function timeOf(nanos: bigint): string {
  return formatTime(nanos).slice(0, 23).replace("T", " ");
}
