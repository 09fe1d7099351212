import type { Clock } from "#foundation";
import type { Images } from "#image";
import type { Engine } from "#pod";
import type { StreamUrls } from "./stream-urls.ts";

/** What the services of CRI answer from. */
export interface CriDeps {
  readonly engine: Engine;
  readonly images: Images;
  readonly streamUrls: StreamUrls;
  readonly clock: Clock;
  readonly version: string;
  readonly cgroupDriver: "cgroupfs" | "systemd";
}
