import { wholeNumber } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";
import type { RetentionConfig } from "./types.ts";

/** The settings of `[retention]`. */
export const retentionSettings: SettingsOf<RetentionConfig> = {
  maxEndedPerContainer: {
    kind: wholeNumber(0, 10_000),
    fallback: 0,
    about: "ended attempts of a container that are kept, the newest first; 0 leaves their removal to kubelet alone",
  },
  minEndedAgeHours: {
    kind: wholeNumber(0, 24 * 366),
    fallback: 24,
    about: "how long each is kept in any case",
  },
};
