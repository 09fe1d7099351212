// canary src/pod/console.ts: eslint(no-console)
export function talk(): void {
  console.log("hello");
}
