import { create } from "@bufbuild/protobuf";
import type { ExamineOptions, Finding, Report, ReportedCheck, ReportedFinding } from "#doctor";
import type { Call } from "#grpc";
import { type ExamineRequest, type ExamineResponse, ExamineResponseSchema } from "#proto/crisp/v1/admin_pb.js";

/** Looks at all of the node. */
export type Examiner = (options: ExamineOptions) => Promise<Report>;

/** Answers Examine with what was found, and what of it was mended. */
export async function examineNode(
  { repair }: ExamineRequest,
  examiner: Examiner,
  { signal }: Call,
): Promise<ExamineResponse> {
  const { checks, mended } = await examiner({ repairs: repair, signal });
  return create(ExamineResponseSchema, { checks: checks.map(toExamination), mended: mended.map(toFinding) });
}

function toExamination(check: ReportedCheck) {
  if ("unexamined" in check) return check;
  const { name, at, findings } = check;
  return { name, lookedAt: at, findings: findings.map(toFinding) };
}

function toFinding(finding: Finding & Pick<ReportedFinding, "repairError">) {
  const { severity, where, what, why, advice, repair, repairError = "" } = finding;
  return { severity, where, what, why, advice, repair: repair?.does ?? "", repairError };
}
