// canary src/pod/index-signature.ts: TS4111
export function read(facts: Readonly<Record<string, string>>): string | undefined {
  return facts.name;
}
