import type { PlannedFault } from "#config";
import { describeStep, isCommand, type NamedStep } from "./steps.ts";

/** What is done while crispd is held at a step. */
export type Interruption = "cancel" | "fill disk" | "refuse writes";

/** One thing that goes wrong in a scenario. */
export interface FaultCase {
  readonly scenario: string;
  readonly name: string;
  /** In the order in which they come. */
  readonly plan: readonly PlannedFault[];
  /** Done while the last fault of the plan, a pause, lasts. */
  readonly interruption?: Interruption;
  /** What is killed of the container before the act. */
  readonly death?: HelperDeath;
}

/** The end of a process that works for a container: as crispd sees it, or while crispd is dead itself. */
export interface HelperDeath {
  readonly helper: keyof typeof helpers;
  readonly isSeen: boolean;
}

/** The processes that work for a container, and what their command lines say of themselves. */
export const helpers = { monitor: "conmon", "log writer": "--log-of=" } as const;

const interruptions: readonly Interruption[] = ["cancel", "fill disk", "refuse writes"];
const ofCommands = ["fail", "fail-late", "hang"] as const;

/** Everything that can go wrong in a scenario whose undisturbed run has these steps. */
export function planCases(scenario: string, steps: readonly NamedStep[]): readonly FaultCase[] {
  return [...deathsAt(scenario, steps), ...failuresOf(scenario, steps), ...interruptionsAt(scenario, steps)];
}

/** What an act has to do with a container of whose helpers one is dead. */
export function planHelperCases(scenario: string): readonly FaultCase[] {
  return (["monitor", "log writer"] as const).flatMap((helper) => [
    { scenario, name: `${helper} killed before`, plan: [], death: { helper, isSeen: true } },
    { scenario, name: `${helper} killed before, with crispd dead`, plan: [], death: { helper, isSeen: false } },
  ]);
}

function deathsAt(scenario: string, steps: readonly NamedStep[], first: readonly PlannedFault[] = []): FaultCase[] {
  return steps.flatMap((step) =>
    (["before", "after"] as const).map((when) => ({
      scenario,
      name: `${prefixOf(first)}kill ${when} ${describeStep(step)}`,
      plan: [...first, { ...step, do: "kill" as const, when }],
    })),
  );
}

function failuresOf(scenario: string, steps: readonly NamedStep[]): FaultCase[] {
  return steps.filter(isCommand).flatMap((step) =>
    ofCommands.map((what) => ({
      scenario,
      name: `${what} ${describeStep(step)}`,
      plan: [failureOf(step, what)],
    })),
  );
}

function interruptionsAt(scenario: string, steps: readonly NamedStep[]): FaultCase[] {
  return interruptions.flatMap((interruption) =>
    steps.map((step) => ({
      scenario,
      name: `${interruption} at ${describeStep(step)}`,
      plan: [{ ...step, do: "pause" as const, when: "before" as const }],
      interruption,
    })),
  );
}

/** A failure of a command, for a plan. */
export function failureOf(step: NamedStep, what: (typeof ofCommands)[number] = "fail"): PlannedFault {
  return { ...step, do: what, when: "before" };
}

/** Everything that can go wrong while a failed act is taken back: `steps` are those that began after the failure. */
export function planUndoCases(scenario: string, failure: PlannedFault, steps: readonly NamedStep[]): FaultCase[] {
  const failures = steps.filter(isCommand).map((step) => ({
    scenario,
    name: `${prefixOf([failure])}fail ${describeStep(step)}`,
    plan: [failure, failureOf(step)],
  }));
  return [...failures, ...deathsAt(scenario, steps, [failure])];
}

function prefixOf(first: readonly PlannedFault[]): string {
  return first.map((fault) => `${fault.do} ${describeStep(fault)}, then `).join("");
}

/** A few cases of each kind, spread over the scenarios: for a look of a minute. */
export function sampleCases(cases: readonly FaultCase[]): readonly FaultCase[] {
  const scenarios = [...new Set(cases.map(({ scenario }) => scenario))];
  const kinds = ["kill", ...ofCommands, ...interruptions];
  return scenarios.flatMap((scenario, index) => {
    const own = cases.filter((each) => each.scenario === scenario);
    return [kinds[0], kinds[1 + (index % (kinds.length - 1))]].flatMap((kind) => {
      const ofKind = own.filter(({ name }) => name.startsWith(`${kind} `));
      return ofKind.slice(Math.floor(ofKind.length / 2)).slice(0, 1);
    });
  });
}
