// canary src/pod/value-import.ts: TS1484
import { Abortable } from "node:events";

export type Facts = Abortable;
