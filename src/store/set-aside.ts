import type { Files } from "#host";

/** What SQLite keeps beside a file. */
const companions = ["-wal", "-shm"] as const;

/** Takes a damaged database out of the way, for whoever wants to look at it; the one before it is dropped. Returns where it is. */
export async function setAside(files: Pick<Files, "rename" | "remove">, path: string): Promise<string> {
  const aside = `${path}.damaged`;
  await files.rename(path, aside);
  for (const companion of companions) await files.remove(path + companion);
  return aside;
}

/** Removes a database that can be made anew. */
export async function removeDatabase(files: Pick<Files, "remove">, path: string): Promise<void> {
  for (const suffix of ["", ...companions]) await files.remove(path + suffix);
}
