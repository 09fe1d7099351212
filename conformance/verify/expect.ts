/** Fails a check unless what was seen is what must be. */
export function expectSame(what: string, seen: unknown, wanted: unknown): void {
  if (seen !== wanted) throw new Error(`${what} is ${show(seen)} and must be ${show(wanted)}`);
}

/** Fails a check unless something holds. */
export function expectThat(holds: boolean, problem: string): asserts holds {
  if (!holds) throw new Error(problem);
}

function show(value: unknown): string {
  return typeof value === "bigint" ? String(value) : (JSON.stringify(value) ?? String(value));
}
