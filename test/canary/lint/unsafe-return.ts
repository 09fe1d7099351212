// canary src/pod/unsafe-return.ts: typescript(no-unsafe-return)
export function read(): string {
  return JSON.parse("{}");
}
