export { type CallContext, CallContexts } from "./call-contexts.ts";
export { type Clock, createSystemClock } from "./clock.ts";
export { abortReason, deadline, faultOfAbort, longestTimerMs } from "./deadline.ts";
export { doneOnce } from "./done-once.ts";
export { Fault, type FaultKind, type FaultOptions, type FaultReason, isFault, messageOf } from "./fault.ts";
export { Gate } from "./gate.ts";
export {
  type Branded,
  type ContainerId,
  type Digest,
  type ImageId,
  newContainerId,
  newSandboxId,
  type SandboxId,
} from "./ids.ts";
export { InFlight } from "./in-flight.ts";
export { Joinable } from "./joinable.ts";
export { KeyedLock } from "./keyed-lock.ts";
export { live } from "./live.ts";
export { type LogFacts, type Logger, type LogLevel, silentLogger } from "./logger.ts";
export { namePattern } from "./name-pattern.ts";
export { assertNever } from "./never.ts";
export { orAborted } from "./or-aborted.ts";
export { isSecretName, redacted, redactFacts, redactText } from "./redact.ts";
export { Scope } from "./scope.ts";
export { settlesWithin } from "./settles-within.ts";
export { createStageLog } from "./stage-log.ts";
export {
  type ActWatch,
  nodeSubject,
  type ObservedCommand,
  type StageObserver,
  type StageSubject,
  Stages,
  type Step,
  type StepEnd,
  type StepFacts,
  type StepKind,
} from "./stages.ts";
export { together } from "./together.ts";
export { allOrNothing, type Leftover, UndoStack, type UndoStep, undoBudgetMs } from "./undo.ts";
