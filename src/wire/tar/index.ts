export { encodeTarHeader, tarEnd, tarPadding } from "./encode.ts";
export type { TarEntry, TarEntryKind, TarSink } from "./entry.ts";
export { TarReader } from "./reader.ts";
