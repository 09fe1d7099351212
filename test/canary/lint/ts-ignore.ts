// canary src/pod/ts-ignore.ts: typescript(ban-ts-comment)
// @ts-ignore
export const wrong: number = "text";
