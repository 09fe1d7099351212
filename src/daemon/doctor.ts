import { type Config, type ConfigChange, listChanges } from "#config";
import type { DoctorCheck, ExamineOptions, Finding, Report } from "#doctor";
import { messageOf, type Stages } from "#foundation";
import type { Host } from "#host";
import type { NativeEngine } from "#pod";
import type { Store } from "#store";

export interface DoctorParts {
  readonly host: Host;
  readonly store: Store;
  readonly engine: NativeEngine;
  readonly stages: Stages;
  /** The configuration that holds now. */
  readonly current: () => Config;
  /** Reads the configuration from its files. @throws Fault `invalid` naming what is wrong with it */
  readonly load: () => Promise<Config>;
}

/** Puts all checks together; their code is loaded when somebody asks. */
export function createExaminer(parts: DoctorParts): (options: ExamineOptions) => Promise<Report> {
  return async (options) => {
    const { createMachineChecks, createStoreCheck, examine } = await import("#doctor");
    const checks = [
      createConfigurationCheck(parts),
      ...createMachineChecks(parts.current(), parts.host),
      ...(await parts.engine.checks()),
      createStoreCheck(parts),
    ];
    return await examine(checks, options);
  };
}

/** Whether the files say what crispd works with, and whether it could start with them again. */
export function createConfigurationCheck({ current, load }: Pick<DoctorParts, "current" | "load">): DoctorCheck {
  return {
    name: "configuration",
    look: async () => {
      const findings = await load().then(
        (next) => listChanges(current(), next).map(notTakenOver),
        (error: unknown) => [invalid(messageOf(error))],
      );
      return { at: "files, environment and flags", findings };
    },
  };
}

function invalid(problem: string): Finding {
  return {
    severity: "problem",
    where: "configuration",
    what: `it is not valid: ${problem}`,
    why: "crispd works with what it read before, and does not start again",
    advice: "mend it (crispd config check), and reload crispd",
  };
}

function notTakenOver({ key, needsRestart }: ConfigChange): Finding {
  return {
    severity: "warning",
    where: key,
    what: "the files have another value than the one that crispd works with",
    why: "the change has no effect yet",
    advice: needsRestart ? "restart crispd; containers outlive that" : "reload crispd (SIGHUP)",
  };
}
