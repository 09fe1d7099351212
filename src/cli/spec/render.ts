import type { ExplainContainerResponse } from "#proto/crisp/v1/admin_pb.js";
import { formatTable } from "../table.ts";

const header = ["PART", "FROM", "WHY", "VALUE"];
const maxValueLength = 60;

/** The parts of a container's configuration with their reasons; what was granted only in part follows. */
export function renderSpec({ configJson, parts, clamped }: ExplainContainerResponse): string {
  const document = JSON.parse(configJson) as unknown;
  const rows = parts.map(({ part, from, why }) => [part, from, why, shorten(JSON.stringify(valueAt(document, part)))]);
  const lost = clamped.map(({ what, asked, granted }) => [
    what,
    "machine",
    `${asked}: ${granted || "not granted"}`,
    "-",
  ]);
  return formatTable([header, ...rows, ...lost], 0);
}

/** What a part's name stands for: keys after dots, and names of entries in brackets. */
function valueAt(document: unknown, part: string): unknown {
  let value = document;
  for (const [, key, entry] of part.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    value = key === undefined ? entryOf(value, entry ?? "") : propertyOf(value, key);
  }
  return value;
}

function propertyOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** An entry of a list goes by its destination, path, type or variable; one of a map by its key. */
function entryOf(value: unknown, name: string): unknown {
  if (!Array.isArray(value)) return propertyOf(value, name);
  return value.find((item: unknown) => {
    if (typeof item === "string") return item.startsWith(`${name}=`);
    return ["destination", "path", "type"].some((key) => propertyOf(item, key) === name);
  }) as unknown;
}

function shorten(text: string | undefined): string {
  if (text === undefined) return "-";
  return text.length <= maxValueLength ? text : `${text.slice(0, maxValueLength - 1)}…`;
}
