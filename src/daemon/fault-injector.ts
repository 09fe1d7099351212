import type { FaultPlan, PlannedFault } from "#config";
import { type Logger, type StageObserver, type Step, type StepEnd } from "#foundation";
import type { Processes } from "#host";

/** Longest time that a hung command is waited for: the deadlines are minutes, and the tests many. */
const longestHangMs = 3_000;
const neverEnding = { program: "/bin/sleep", args: ["2147483647"] } as const;
/** What is spawned has a deadline that only its caller knows; such a command ends by itself, with nothing done. */
const hangSeconds = String(longestHangMs / 1_000);

/** Makes a daemon fail as it was planned, for fault tests. Part of nothing without CRISP_FAULT. */
export interface FaultInjector {
  readonly observer: StageObserver;
  /** The same processes, except for the commands that are to go wrong. */
  disturb(processes: Processes): Processes;
}

export interface FaultInjectorDeps {
  readonly logger: Logger;
  /** Sends a signal to this very process. */
  readonly signalSelf: (signal: NodeJS.Signals) => void;
}

/**
 * Follows the steps of the planned acts, and lets each planned fault come once.
 *
 * Of a command it learns when the command's step begins, in the same turn in
 * which the command is then run: what is to go wrong is handed over in between.
 */
export function createFaultInjector(plan: FaultPlan, { logger, signalSelf }: FaultInjectorDeps): FaultInjector {
  const pending = new Set(plan);
  const begun = new Map<string, number>();
  const ordinals = new WeakMap<Step, number>();
  let ofNextCommand: PlannedFault | undefined;

  const take = (wanted: (fault: PlannedFault) => boolean): PlannedFault | undefined => {
    const found = [...pending].find(wanted);
    if (found === undefined) return undefined;
    pending.delete(found);
    logger.warn("a planned fault comes", { ...found });
    return found;
  };
  const signalAt = (step: Step, when: PlannedFault["when"]): void => {
    const fault = take((each) => signals[each.do] !== undefined && each.when === when && isOf(each, step, ordinals));
    const signal = fault === undefined ? undefined : signals[fault.do];
    if (signal !== undefined) signalSelf(signal);
  };
  return {
    observer: {
      began(step) {
        const key = `${actOf(step)}: ${nameOf(step)}`;
        const nth = (begun.get(key) ?? 0) + 1;
        begun.set(key, nth);
        ordinals.set(step, nth);
        logger.info("step begins", { act: actOf(step), step: nameOf(step), nth });
        signalAt(step, "before");
        if (step.kind !== "command") return;
        ofNextCommand = take((each) => signals[each.do] === undefined && isOf(each, step, ordinals));
      },
      ended(step: Step, { error }: StepEnd) {
        logger.info("step ends", {
          act: actOf(step),
          step: nameOf(step),
          nth: ordinals.get(step),
          failed: error !== undefined,
        });
        signalAt(step, "after");
      },
    },
    disturb: (processes) =>
      disturbed(processes, () => {
        const fault = ofNextCommand;
        ofNextCommand = undefined;
        return fault;
      }),
  };
}

const signals: Readonly<Partial<Record<PlannedFault["do"], NodeJS.Signals>>> = { kill: "SIGKILL", pause: "SIGSTOP" };

function isOf(fault: PlannedFault, step: Step, ordinals: WeakMap<Step, number>): boolean {
  return fault.act === actOf(step) && fault.step === nameOf(step) && fault.nth === ordinals.get(step);
}

function nameOf({ kind, name }: Step): string {
  return `${kind} ${name}`;
}

/** The act that a step is a part of, or itself; what runs outside of any act counts as an act of its own. */
function actOf(step: Step): string {
  return step.parent === undefined ? `${step.subject.kind} ${step.name}` : actOf(step.parent);
}

function disturbed(processes: Processes, next: () => PlannedFault | undefined): Processes {
  return {
    run: async (command, options) => {
      const what = next()?.do;
      if (what === "fail") return await processes.run({ ...command, program: "/bin/false", args: [] }, options);
      if (what === "hang") {
        const timeoutMs = Math.min(options.timeoutMs, longestHangMs);
        return await processes.run({ ...command, ...neverEnding }, { ...options, timeoutMs });
      }
      const result = await processes.run(command, options);
      return what === "fail-late" ? { ...result, exitCode: 1 } : result;
    },
    spawn: (command, options) => {
      const what = next()?.do;
      if (what === "hang") return processes.spawn({ ...command, program: "/bin/sleep", args: [hangSeconds] }, options);
      if (what !== undefined) return processes.spawn({ ...command, program: "/bin/false", args: [] }, options);
      return processes.spawn(command, options);
    },
    openPipe: () => processes.openPipe(),
    adopt: (pid) => processes.adopt(pid),
    orphansIn: (directory) => processes.orphansIn(directory),
    processesIn: (directory) => processes.processesIn(directory),
    watch: (identity) => processes.watch(identity),
    describeStuck: (pid) => processes.describeStuck(pid),
    survey: (pids, options) => processes.survey(pids, options),
    names: (pids, options) => processes.names(pids, options),
    openFilesLimit: (pid) => processes.openFilesLimit(pid),
    identify: (pid) => processes.identify(pid),
    keepInMemory: (program) => processes.keepInMemory(program),
    untilExecuted: () => processes.untilExecuted(),
    locate: (program) => processes.locate(program),
  };
}
