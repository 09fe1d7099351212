import type { MountEntry } from "./types.ts";

/**
 * Takes /proc/self/mountinfo apart.
 *
 * A line is `id parent major:minor root target options [optional…] - type source super`;
 * lines of any other form are left out, as a newer kernel may add some.
 *
 * @see https://www.kernel.org/doc/Documentation/filesystems/proc.txt section 3.5
 */
export function parseMountinfo(text: string): readonly MountEntry[] {
  return text.split("\n").flatMap((line) => {
    const entry = parseLine(line);
    return entry === undefined ? [] : [entry];
  });
}

/** Fields before the optional ones, of which a lone "-" ends the list. */
const fixedFields = 6;

function parseLine(line: string): MountEntry | undefined {
  const fields = line.split(" ");
  const separator = fields.indexOf("-", fixedFields);
  const [root, target, options] = fields.slice(3);
  const [type, source] = fields.slice(separator + 1);
  if (separator < 0 || root === undefined || target === undefined || options === undefined) return undefined;
  if (type === undefined || source === undefined) return undefined;
  return {
    target: unescapeField(target),
    root: unescapeField(root),
    type: unescapeField(type),
    source: unescapeField(source),
    options,
    propagation: fields.slice(fixedFields, separator),
  };
}

/** The kernel writes space, tab, newline, backslash and # as a backslash and three octal digits. */
function unescapeField(field: string): string {
  if (!field.includes("\\")) return field;
  return field.replaceAll(/\\([0-7]{3})/g, (_whole, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
