/** Largest file that a person hands to a command: a configuration, not data. */
const maxBytes = 4 * 1024 * 1024;

/**
 * Reads a text file of the person who runs the command.
 *
 * @throws Fault `not-found`, `denied`; `exhausted` when it is larger than a configuration can be
 */
export async function readLocalFile(path: string): Promise<string> {
  // Loaded here and not above: a client that reads no files does not need the room of the kernel.
  const { readWholeFile } = await import("#host");
  return (await readWholeFile(path, maxBytes)).toString();
}

/** Names in a directory of the person's machine, sorted; none when it is missing. */
export async function readLocalDirectory(path: string): Promise<readonly string[]> {
  const { listNames } = await import("#host");
  return await listNames(path);
}
