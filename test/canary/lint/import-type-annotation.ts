// canary src/pod/import-type-annotation.ts: typescript(consistent-type-imports)
export type Hidden = import("node:fs").Stats;
