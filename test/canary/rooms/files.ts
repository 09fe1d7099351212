// canary src/store/files.ts: store may not import node:fs/promises
import { readFile } from "node:fs/promises";

export const read: unknown = readFile;
