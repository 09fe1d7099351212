// canary src/pod/value-import-of-type.ts: typescript(consistent-type-imports)
import { Readable } from "node:stream";

export type Source = Readable;
