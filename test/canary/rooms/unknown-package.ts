// canary src/pod/unknown-package.ts: package left-pad is not in
import { pad } from "left-pad";

export const padded: unknown = pad;
