// canary src/pod/unsafe-assignment.ts: typescript(no-unsafe-assignment)
export const parsed: string = JSON.parse("{}");
