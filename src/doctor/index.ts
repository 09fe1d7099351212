export { type ExamineOptions, examine } from "./examine.ts";
export { createMachineChecks } from "./machine/checks.ts";
export type { MachineNeeds } from "./machine/needs.ts";
export { lookWithoutDaemon, type UnansweredDaemon } from "./machine/without-daemon.ts";
export { createStoreCheck } from "./store/check.ts";
export type {
  DoctorCheck,
  Finding,
  Looked,
  Repair,
  Report,
  ReportedCheck,
  ReportedFinding,
  Severity,
} from "./types.ts";
