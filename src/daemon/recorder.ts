import { join } from "node:path";
import type { Config, FaultPlan } from "#config";
import { type Clock, createStageLog, type Logger, live, type Scope, Stages } from "#foundation";
import { type Host, observeProcesses } from "#host";
import { type Journal, type JournalOptions, openJournal } from "#store";
import type { FaultInjector } from "./fault-injector.ts";
import type { Observers } from "./observers.ts";

export interface Recorder {
  readonly journal: Journal;
  readonly stages: Stages;
  /** The machine, on which each program that is started inside of a stage is told of. */
  readonly host: Host;
}

export interface RecorderDeps {
  readonly machine: Host;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scope: Scope;
  readonly observers: Observers;
  /** What is to go wrong, in a fault test. */
  readonly faultPlan: FaultPlan | undefined;
}

/** Opens the journal and makes it an observer of every stage, beside the log and who else wants to know. */
export async function openRecorder(config: Config, deps: RecorderDeps): Promise<Recorder> {
  const { machine, clock, logger, scope, observers, faultPlan } = deps;
  const options = live(() => journalOptionsOf(config));
  const journal = await openJournal(options, { files: machine.files, clock, logger });
  scope.defer("journal", () => journal.close());
  const injector = faultPlan === undefined ? undefined : await openInjector(faultPlan, logger);
  const injected = injector === undefined ? [] : [injector.observer];
  const stages = new Stages(clock, [journal, createStageLog(logger), observers.steps, ...injected]);
  const processes = observeProcesses(injector?.disturb(machine.processes) ?? machine.processes, (command) => {
    observers.spawned(command.name);
    return stages.command(command);
  });
  return { journal, stages, host: { ...machine, processes } };
}

/** Loaded by fault tests only. */
async function openInjector(plan: FaultPlan, logger: Logger): Promise<FaultInjector> {
  const { createFaultInjector } = await import("./fault-injector.ts");
  logger.warn("this daemon will fail as CRISP_FAULT says", { faults: plan.length });
  return createFaultInjector(plan, { logger, signalSelf: (signal) => void process.kill(process.pid, signal) });
}

function journalOptionsOf({ root, journal: { maxAgeHours, maxSizeMib } }: Config): JournalOptions {
  return {
    path: join(root, "journal.db"),
    maxAgeMs: maxAgeHours * 3_600_000,
    maxBytes: maxSizeMib * 1024 * 1024,
  };
}
