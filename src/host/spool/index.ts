export { SpoolReader } from "./reader.ts";
export { releaseMemory } from "./release-memory.ts";
export { SpoolWriter } from "./writer.ts";
