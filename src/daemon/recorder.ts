import { join } from "node:path";
import type { Config } from "#config";
import { type Clock, createStageLog, type Logger, type Scope, Stages } from "#foundation";
import { type Host, observeProcesses } from "#host";
import { type Journal, openJournal } from "#store";

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
}

/** Opens the journal and makes it an observer of every stage, beside the log. */
export async function openRecorder({ root, journal: limits }: Config, deps: RecorderDeps): Promise<Recorder> {
  const { machine, clock, logger, scope } = deps;
  const options = {
    path: join(root, "journal.db"),
    maxAgeMs: limits.maxAgeHours * 3_600_000,
    maxBytes: limits.maxSizeMib * 1024 * 1024,
  };
  const journal = await openJournal(options, { files: machine.files, clock, logger });
  scope.defer("journal", () => journal.close());
  const stages = new Stages(clock, [journal, createStageLog(logger)]);
  const processes = observeProcesses(machine.processes, (command) => stages.command(command));
  return { journal, stages, host: { ...machine, processes } };
}
