export { plainTarFile } from "./encode.ts";
export type { TarEntry, TarEntryKind, TarSink } from "./entry.ts";
export { TarReader } from "./reader.ts";
export { type TarOutput, TarWriter } from "./writer.ts";
