// canary src/foundation/lonely.ts: exports
export const used = 4;
export const unused = 5;
