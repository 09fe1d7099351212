import { httpUrlOrNone, wholeNumber } from "./kinds.ts";
import type { SettingsOf } from "./setting.ts";
import type { TracingConfig } from "./types.ts";

/** The settings of `[tracing]`. */
export const tracingSettings: SettingsOf<TracingConfig> = {
  endpoint: {
    kind: httpUrlOrNone,
    fallback: "",
    about: "where traces are sent, as OTLP over HTTP: http://127.0.0.1:4318; empty sends none",
  },
  samplingRatePerMillion: {
    kind: wholeNumber(0, 1_000_000),
    fallback: 0,
    about:
      "how many of a million calls are traced of those whose client did not decide; kubelet's own traces always are",
  },
};
