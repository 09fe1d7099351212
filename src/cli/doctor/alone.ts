import type { MessageInitShape } from "@bufbuild/protobuf";
import { readLocalDirectory, readLocalFile } from "#client";
import { type Config, type ConfigFiles, loadConfig } from "#config";
import { examine, type Finding, lookWithoutDaemon, type ReportedCheck } from "#doctor";
import { isFault, messageOf } from "#foundation";
import type { ExamineResponseSchema } from "#proto/crisp/v1/admin_pb.js";

/** The checks of an answer, as it is made. */
export type Examinations = NonNullable<MessageInitShape<typeof ExamineResponseSchema>["checks"]>;

export interface AloneOptions {
  /** crispd's configuration file; undefined: the usual one, which may be missing. */
  readonly configFile: string | undefined;
  /** Where crispd was looked for. */
  readonly endpoint: string;
  /** Why it did not answer. */
  readonly refusal: string;
}

/** Looks at what can be looked at while crispd does not answer: its configuration, the machine, its socket. */
export async function examineAlone(options: AloneOptions, signal: AbortSignal): Promise<Examinations> {
  const { config, check } = await readConfiguration(options.configFile);
  const listen = options.endpoint.replace(/^unix:\/\//, "");
  const checks = await lookWithoutDaemon({ needs: { ...config, listen }, refusal: options.refusal });
  const report = await examine(checks, { repairs: false, signal });
  return [check, ...report.checks].map(toExamination);
}

interface ReadConfiguration {
  readonly config: Config;
  readonly check: ReportedCheck;
}

/** A configuration that is not valid is a finding; the rest is compared with the defaults then. */
async function readConfiguration(file: string | undefined): Promise<ReadConfiguration> {
  const at = `${file ?? "the usual files"}, and the environment`;
  try {
    const { config } = await loadConfig({ argv: file === undefined ? [] : ["--config", file] }, files);
    return { config, check: { name: "configuration", at, findings: [] } };
  } catch (error) {
    const { config } = await loadConfig({ argv: [], env: {} }, noFiles);
    return { config, check: { name: "configuration", at, findings: [notValid(messageOf(error))] } };
  }
}

function notValid(problem: string): Finding {
  return {
    severity: "problem",
    where: "configuration",
    what: `it is not valid: ${problem}`,
    why: "crispd does not start with it",
    advice: "mend it (crispd config check), and start crispd; the rest was compared with the defaults instead",
  };
}

const noFiles: ConfigFiles = { readText: async () => undefined, list: async () => [] };

const files: ConfigFiles = {
  readText: async (path) => {
    try {
      return await readLocalFile(path);
    } catch (error) {
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  },
  list: readLocalDirectory,
};

function toExamination(check: ReportedCheck): Examinations[number] {
  if ("unexamined" in check) return check;
  return {
    name: check.name,
    lookedAt: check.at,
    findings: check.findings.map(({ severity, where, what, why, advice }) => ({ severity, where, what, why, advice })),
  };
}
