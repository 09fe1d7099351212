export { type TarEntry, type TarEntryKind, TarReader, type TarSink } from "./tar/index.ts";
