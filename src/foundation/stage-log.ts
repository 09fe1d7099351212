import { messageOf } from "./fault.ts";
import type { Logger } from "./logger.ts";
import type { StageObserver } from "./stages.ts";

/** Logs the end of every stage, for whoever looks at one daemon closely: at debug. */
export function createStageLog(logger: Logger): StageObserver {
  return {
    began: () => undefined,
    ended: ({ kind, name, subject, parent }, { durationMs, error }) => {
      if (kind !== "stage") return;
      logger.debug("stage ended", {
        stage: name,
        ...(parent === undefined ? {} : { within: parent.name }),
        [`${subject.kind}Id`]: subject.id,
        durationMs: Math.round(durationMs * 10) / 10,
        ...(error === undefined ? {} : { error: messageOf(error) }),
      });
    },
  };
}
