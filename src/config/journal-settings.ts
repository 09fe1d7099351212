import { wholeNumber } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";
import type { JournalConfig } from "./types.ts";

/** The settings of `[journal]`. */
export const journalSettings: SettingsOf<JournalConfig> = {
  maxAgeHours: {
    kind: wholeNumber(1, 24 * 366),
    fallback: 24 * 7,
    about: "how long what happened to pods, containers and images is kept for crisp why and crisp events",
  },
  maxSizeMib: {
    kind: wholeNumber(1, 16_384),
    fallback: 64,
    about: "how much disk that may take; the oldest goes first",
  },
};
