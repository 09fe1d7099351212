// canary src/runtime/computed.ts: imports a computed name
export async function load(name: string): Promise<unknown> {
  return await import(`node:${name}`);
}
