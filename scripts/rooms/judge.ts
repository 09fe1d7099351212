import path from "node:path";
import type { Import, SourceFacts } from "./imports.ts";
import { emptyNames, guardedModules, guardedNames, packages, projectFiles, type RoomRule, rooms } from "./table.ts";

/** One file's breach of the table. */
export interface Breach {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Where a file stands: a room of src/, the conformance suite, or the tests and scripts that may touch everything. */
type Place =
  | { readonly kind: "room"; readonly room: string; readonly rule: RoomRule; readonly isTest: boolean }
  | { readonly kind: "conformance"; readonly rule: RoomRule }
  | { readonly kind: "outside" };

type Complaint = string | undefined;

/** Judges one file, whose path is relative to the project. */
export function judgeFile(file: string, facts: SourceFacts): Breach[] {
  const place = placeOf(file);
  if (place === undefined)
    return [{ file, line: 1, message: `${file.split("/")[1]} is not a room of scripts/rooms/table.ts` }];
  const breaches = facts.imports.flatMap((found) => {
    const message = judgeImport(file, place, found);
    return message === undefined ? [] : [{ file, line: found.line, message }];
  });
  const silenced = facts.suppressions
    .filter(({ text }) => !/ -- \S|: \S/.test(text))
    .map(({ text, line }) => ({ file, line, message: `"${text}" switches a gate off without a reason` }));
  const empty = emptyNameIn(file);
  return [...breaches, ...silenced, ...(empty === undefined ? [] : [{ file, line: 1, message: empty }])];
}

/** Judges the table itself: a room that may import its own layer or a higher one could close a cycle. */
export function judgeTable(table: Readonly<Record<string, RoomRule>>): string[] {
  return Object.entries(table).flatMap(([room, rule]) =>
    rule.imports
      .filter((other) => (table[other]?.layer ?? Number.POSITIVE_INFINITY) >= rule.layer)
      .map((other) => `the table lets ${room} (layer ${rule.layer}) import ${other}, which is not lower`),
  );
}

function placeOf(file: string): Place | undefined {
  const [top, room = ""] = file.split("/");
  if (top === "conformance" && rooms[top] !== undefined) return { kind: "conformance", rule: rooms[top] };
  if (top !== "src") return { kind: "outside" };
  const rule = rooms[room];
  return rule === undefined ? undefined : { kind: "room", room, rule, isTest: file.endsWith(".test.ts") };
}

function judgeImport(file: string, place: Place, found: Import): Complaint {
  const { specifier } = found;
  if (specifier === undefined) return "imports a computed name, which no wall can judge";
  if (specifier.startsWith("#")) return judgeRoomImport(place, specifier);
  if (specifier.startsWith(".")) return judgeRelativeImport(file, place, specifier);
  if (specifier.startsWith("/")) return `${specifier} is a path of one machine`;
  return judgeOutsideImport(place, found, specifier);
}

function judgeRoomImport(place: Place, specifier: string): Complaint {
  const [target = "", ...inner] = specifier.slice(1).split("/");
  if (rooms[target] === undefined) return `${specifier} is not a room`;
  if (inner.length > 0 && target !== "proto") return `${specifier} reaches behind #${target}`;
  if (place.kind === "outside") return undefined;
  if (place.kind === "room" && place.room === target)
    return `imports its own room as ${specifier}; use a relative path`;
  if (place.rule.imports.includes(target)) return undefined;
  return `${place.kind === "room" ? place.room : place.kind} may not import ${target}`;
}

function judgeRelativeImport(file: string, place: Place, specifier: string): Complaint {
  const target = path.posix.join(path.posix.dirname(file), specifier);
  const [top, room = ""] = target.split("/");
  const isInside =
    place.kind === "room"
      ? top === "src" && room === place.room
      : top !== "src" && (place.kind === "outside" || top === place.kind);
  if (isInside) return undefined;
  if (place.kind === "room" && projectFiles[target]?.includes(place.room)) return undefined;
  const isTestSupport = place.kind === "room" && place.isTest && top === "test";
  if (isTestSupport) return undefined;
  return `${specifier} leaves for ${target}; other rooms are imported as #room`;
}

function judgeOutsideImport(place: Place, found: Import, specifier: string): Complaint {
  if (place.kind !== "room" || place.isTest) return undefined;
  const isTypeOnly = found.names.length > 0 && found.names.every(({ isType }) => isType);
  if (specifier.startsWith("node:")) {
    const owners = guardedModules[specifier];
    if (owners !== undefined && !isTypeOnly && !owners.includes(place.room)) {
      return `${place.room} may not import ${specifier}; ${owners.join(", ") || "nobody"} may`;
    }
  } else {
    const owners = packages[packageOf(specifier)];
    if (owners === undefined) return `package ${packageOf(specifier)} is not in scripts/rooms/table.ts`;
    if (!owners.includes(place.room)) return `${place.room} may not import ${specifier}; ${owners.join(", ")} may`;
  }
  return judgeNames(place.room, found, specifier);
}

function judgeNames(room: string, found: Import, specifier: string): Complaint {
  const guard = guardedNames[specifier];
  if (guard === undefined || guard.rooms.includes(room)) return undefined;
  const values = found.names.filter(({ isType }) => !isType).map(({ name }) => name);
  if (values.includes("*")) return `${room} must import ${specifier} by name: some of its names are guarded`;
  const taken = values.filter((name) => guard.names.includes(name));
  return taken.length === 0
    ? undefined
    : `${room} may not import ${taken.join(", ")} of ${specifier}; ${guard.rooms.join(", ")} may`;
}

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function emptyNameIn(file: string): Complaint {
  const words = file.replace(/(?:\.test)?\.ts$/, "").split("/");
  const empty = words.find((word) => emptyNames.includes(word));
  return empty === undefined ? undefined : `"${empty}" names nothing: say what the file is about`;
}
