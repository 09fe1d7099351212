/** Lines `Name: value`, without those that have no value. */
export function formatFacts(facts: readonly (readonly [string, string | number | undefined])[]): string {
  return facts
    .flatMap(([name, value]) => (value === undefined || value === "" ? [] : [`${name}: ${value}\n`]))
    .join("");
}

/** A heading and an indented line for each entry, sorted; nothing when there are none. */
export function formatEntries(heading: string, entries: Readonly<Record<string, string>>): string {
  const names = Object.keys(entries).sort();
  if (names.length === 0) return "";
  return `${heading}:\n${names.map((name) => `\t${name} -> ${entries[name] ?? ""}\n`).join("")}`;
}
