/** A user of an image's /etc/passwd. */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A group of an image's /etc/group. */
export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

const maxId = 0xffff_ffff - 1;

/**
 * Parses /etc/passwd. Lines that are no entry are skipped, as the C library does.
 *
 * @see https://man7.org/linux/man-pages/man5/passwd.5.html
 */
export function parsePasswd(text: string): readonly PasswdEntry[] {
  const entries: PasswdEntry[] = [];
  for (const [name, , uidText, gidText] of fieldsOfLines(text)) {
    const uid = parseId(uidText);
    const gid = parseId(gidText);
    if (name !== undefined && name !== "" && uid !== undefined && gid !== undefined) entries.push({ name, uid, gid });
  }
  return entries;
}

/**
 * Parses /etc/group. Lines that are no entry are skipped.
 *
 * @see https://man7.org/linux/man-pages/man5/group.5.html
 */
export function parseGroup(text: string): readonly GroupEntry[] {
  const entries: GroupEntry[] = [];
  for (const [name, , gidText, memberText] of fieldsOfLines(text)) {
    const gid = parseId(gidText);
    if (name === undefined || name === "" || gid === undefined) continue;
    entries.push({ name, gid, members: (memberText ?? "").split(",").filter((member) => member !== "") });
  }
  return entries;
}

/** A user or group number in decimal; undefined when the text is none. */
export function parseId(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,10}$/.test(text)) return undefined;
  const id = Number(text);
  // The highest number means "unchanged" to setuid(2) and is no user.
  return id <= maxId ? id : undefined;
}

function* fieldsOfLines(text: string): Generator<readonly string[]> {
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) yield trimmed.split(":");
  }
}
