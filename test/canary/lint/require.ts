// canary src/pod/require.ts: typescript(no-require-imports)
export const hidden: unknown = require("node:fs");
