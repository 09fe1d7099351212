import { create } from "@bufbuild/protobuf";
import type { Command } from "commander";
import { isFault } from "#foundation";
import { type ExamineResponse, ExamineResponseSchema } from "#proto/crisp/v1/admin_pb.js";
import type { OpenSession } from "../command.ts";
import { declareOutput, messageToJson, type OutputFormat, printDocument } from "../output-format.ts";
import type { Session } from "../session.ts";
import { renderExamination } from "./render.ts";

/** What the shell gets when nothing failed and not all is well: the worst of what was found. */
export const exitCodes = { healthy: 0, warning: 20, problem: 21 } as const;

interface DoctorFlags {
  readonly repair?: boolean;
  readonly dryRun?: boolean;
  readonly config?: string;
  readonly output: OutputFormat;
}

/** `crisp doctor` tells whether what crispd has written down and what is on the machine agree, and mends what it safely can. */
export function declareDoctor(command: Command, open: OpenSession): void {
  declareOutput(command, ["table", "json", "yaml"]);
  command
    .option("--repair", "mend what is crisp's own and ends no program that runs")
    .option("--dry-run", "say what --repair would do, and do nothing")
    .option("--config <file>", "configuration of crispd, for when it does not answer (default: /etc/crisp/config.toml)")
    .addHelpText("after", "\nExit codes: 0 healthy, 20 warnings, 21 problems.")
    .action(async (flags: DoctorFlags) => {
      const session = await open();
      const isDry = flags.dryRun === true;
      const answer = await ask(session, { ...flags, repair: flags.repair === true && !isDry });
      const { terminal } = session;
      if (flags.output === "table") await terminal.write(renderExamination(answer, isDry));
      else await printDocument(terminal, messageToJson(ExamineResponseSchema, answer), flags.output);
      session.exitWith(exitCodeOf(answer));
    });
}

async function ask(session: Session, { repair = false, config }: DoctorFlags): Promise<ExamineResponse> {
  const { admin, acting, settings, signal } = session;
  try {
    return await admin.examine({ repair }, acting());
  } catch (error) {
    if (!isFault(error, "unavailable") && !isFault(error, "not-found")) throw error;
    const { examineAlone } = await import("./alone.ts");
    const { runtimeEndpoint: endpoint } = settings;
    const checks = await examineAlone({ configFile: config, endpoint, refusal: error.message }, signal);
    return create(ExamineResponseSchema, { checks });
  }
}

/** What could not be looked at is not known to be well. */
function exitCodeOf({ checks }: ExamineResponse): number {
  const found = checks.flatMap(({ findings }) => findings);
  if (found.some(({ severity }) => severity === "problem")) return exitCodes.problem;
  const isUnsure = checks.some(({ unexamined }) => unexamined !== "");
  return found.length > 0 || isUnsure ? exitCodes.warning : exitCodes.healthy;
}
