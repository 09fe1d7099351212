// canary src/runtime/children.ts: runtime may not import node:child_process
export async function load(): Promise<unknown> {
  return await import("node:child_process");
}
