// canary src/pod/import-order.ts: organizeImports
import { release } from "node:os";
import { basename } from "node:path";
import { constants } from "node:buffer";

export const name: string = basename(release()) + String(constants.MAX_LENGTH);
