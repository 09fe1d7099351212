/** The `info` map of a verbose answer: one JSON document under "info", as the field's clients expect it. */
export function verboseInfo(isVerbose: boolean, details: unknown): Record<string, string> {
  return isVerbose ? { info: JSON.stringify(details, writeBigInt) } : {};
}

function writeBigInt(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
