// canary src/pod/unsafe-call.ts: typescript(no-unsafe-call)
export function run(): void {
  JSON.parse("{}")();
}
