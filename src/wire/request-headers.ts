/** HTTP headers as Node gives them: lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The words of a header that may come several times, and may list several. */
export function wordsOf(headers: RequestHeaders, name: string): readonly string[] {
  const value = headers[name];
  const lines = typeof value === "string" ? [value] : (value ?? []);
  return lines
    .flatMap((line) => line.split(","))
    .map((word) => word.trim())
    .filter((word) => word !== "");
}

/** Whether a request asks for its connection to become this protocol. */
export function asksForUpgrade(headers: RequestHeaders, protocol: string): boolean {
  const has = (name: string, wanted: string): boolean =>
    wordsOf(headers, name).some((word) => word.toLowerCase() === wanted);
  return has("connection", "upgrade") && has("upgrade", protocol);
}
