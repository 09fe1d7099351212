import { Fault, type StageObserver, type Step, type StepEnd } from "#foundation";
import { parseReference } from "#spec";
import type { BoundedLabel } from "./bounded-label.ts";
import type { DeclaredMetrics } from "./declare.ts";

/** What the acts of recovery are called before the colon. */
const recoveryPrefix = "recover: ";
/** Which act starts an object of each kind. */
const startOf: Readonly<Record<string, string>> = { sandbox: "run", container: "start" };

/** Counts and times acts, stages and the programs they run. */
export function observeSteps(metrics: DeclaredMetrics, hosts: BoundedLabel): StageObserver {
  const ended: Record<Step["kind"], (step: Step, end: StepEnd) => void> = {
    act: (step, end) => actEnded(metrics, hosts, step, end),
    stage: (step, end) => stageEnded(metrics, step, end),
    command: ({ name }, { durationMs, error, facts }) => {
      const hasFailed = error !== undefined || (facts["exitCode"] ?? 0) !== 0;
      metrics.commands.observe({ program: name, result: resultOf(hasFailed) }, durationMs / 1_000);
    },
  };
  return { began: () => undefined, ended: (step, end) => ended[step.kind](step, end) };
}

function actEnded(metrics: DeclaredMetrics, hosts: BoundedLabel, step: Step, end: StepEnd): void {
  const { name, subject } = step;
  const result = resultOf(end.error !== undefined);
  if (name.startsWith(recoveryPrefix)) metrics.recoveries.inc({ step: name.slice(recoveryPrefix.length), result });
  metrics.acts.inc({ object: subject.kind, act: name, result });
  if (startOf[subject.kind] === name) metrics.starts.inc({ object: subject.kind, result });
  if (subject.kind === "image" && name === "pull")
    metrics.pullDuration.observe({ host: hosts.of(parseReference(subject.name).host), result }, end.durationMs / 1_000);
}

function stageEnded({ stageDuration, stageErrors }: DeclaredMetrics, step: Step, end: StepEnd): void {
  const labels = { object: step.subject.kind, act: actOf(step), stage: step.name };
  stageDuration.observe(labels, end.durationMs / 1_000);
  if (end.error !== undefined) stageErrors.inc({ ...labels, kind: Fault.from(end.error).kind });
}

/** The nearest act that a stage is a part of; empty where there is none. */
function actOf(step: Step): string {
  for (let above = step.parent; above !== undefined; above = above.parent) if (above.kind === "act") return above.name;
  return "";
}

function resultOf(hasFailed: boolean): "error" | "success" {
  return hasFailed ? "error" : "success";
}
