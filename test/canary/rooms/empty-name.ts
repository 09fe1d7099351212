// canary src/pod/utils.ts: "utils" names nothing
export const four = 4;
