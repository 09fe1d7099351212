// canary src/pod/builtin-loophole.ts: eslint(no-restricted-properties)
export const hidden: unknown = process.getBuiltinModule("node:fs");
