/** Where a command writes to: data apart from talk. */
export interface Terminal {
  /** Writes data to standard output; resolves when more may be written. */
  write(data: string | Uint8Array): Promise<void>;
  /** Writes bytes to standard error as they are: another program's own talk. */
  writeError(data: string | Uint8Array): Promise<void>;
  /** Says one line to the person, on standard error. */
  say(line: string): void;
}
