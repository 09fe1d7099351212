// canary src/pod/wrong-type.ts: TS2322
export const four: number = "4";
