import type { RecordedObject, RecordedStep, WhyResponse } from "#proto/crisp/v1/admin_pb.js";

/** A step with those that it is made of. */
export interface StoryStep {
  readonly step: RecordedStep;
  readonly object: RecordedObject;
  readonly parts: readonly StoryStep[];
}

/** What was done to an object and its parts, and where it went wrong last. */
export interface Story {
  /** The outermost steps, oldest first. */
  readonly steps: readonly StoryStep[];
  /** From the act to the innermost step that failed, hangs or was cut off; empty when nothing did, or it was mended since. */
  readonly trouble: readonly StoryStep[];
}

/** Puts the steps of an answer in order, each under the one that it is a part of. */
export function tellStory({ object, parts }: WhyResponse): Story {
  const objects = [...(object === undefined ? [] : [object]), ...parts];
  const all = objects.flatMap((one) => one.steps.map((step) => ({ step, object: one })));
  const known = new Set(all.map(({ step }) => step.sequence));
  const byParent = Map.groupBy(all, ({ step }) => (known.has(step.parent) ? step.parent : 0n));
  const nest = (parent: bigint): readonly StoryStep[] =>
    (byParent.get(parent) ?? [])
      .toSorted((a, b) => Number(a.step.sequence - b.step.sequence))
      .map((one) => ({ ...one, parts: nest(one.step.sequence) }));
  const steps = nest(0n);
  return { steps, trouble: pathToTrouble(findTroubled(steps)) };
}

/** The latest act that did not succeed, unless the same was done to the same object with success since. */
function findTroubled(steps: readonly StoryStep[]): StoryStep | undefined {
  const index = steps.findLastIndex(({ step }) => step.outcome !== "ok");
  const troubled = steps[index];
  if (troubled === undefined) return undefined;
  const isMended = steps
    .slice(index + 1)
    .some(({ step, object }) => object.id === troubled.object.id && step.name === troubled.step.name);
  return isMended ? undefined : troubled;
}

/** At each level the step that stopped the one above: the first that failed, else the one that still runs or was cut off. */
function pathToTrouble(start: StoryStep | undefined): readonly StoryStep[] {
  const path: StoryStep[] = [];
  for (let at = start; at !== undefined; at = stoppedBy(at)) path.push(at);
  return path;
}

function stoppedBy({ step, parts }: StoryStep): StoryStep | undefined {
  const failed = parts.find((part) => part.step.outcome === "failed") ?? parts.find((part) => hasFailedCommand(part));
  const open = parts.findLast((part) => part.step.outcome === "running" || part.step.outcome === "interrupted");
  return step.outcome === "failed" ? failed : open;
}

/** A command's own end is its exit code: that it could be run is a success of its step. */
function hasFailedCommand({ step: { command } }: StoryStep): boolean {
  return command !== undefined && (command.timedOut || (command.exitCode ?? 0) !== 0);
}
