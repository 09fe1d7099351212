// canary src/pod/unsafe-argument.ts: typescript(no-unsafe-argument)
export const text: number = Number.parseInt(JSON.parse("{}"), 10);
