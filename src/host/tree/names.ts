import type { NativePath } from "./calls.ts";

/**
 * Names inside a tree are byte strings, one character a byte: a file's name need
 * not be UTF-8. The root's own path is text.
 */

/** Only ASCII: text and byte string are then the same. */
const asciiPattern = /^[\0-\x7f]*$/;

/** A byte string as readable text, for messages. */
export function toText(name: string): string {
  return asciiPattern.test(name) ? name : Buffer.from(name, "latin1").toString("utf8");
}

/** Text as a byte string. */
export function toByteString(text: string): string {
  return asciiPattern.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

/** A byte string as a path for the kernel. */
export function toPath(name: string): NativePath {
  return asciiPattern.test(name) ? name : Buffer.from(name, "latin1");
}

/** The parts of a name without "" and "."; ".." takes the part before it back. Undefined when it leads above the root. */
export function partsOf(name: string): readonly string[] | undefined {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts;
}

/** The path of a name below a directory, both byte strings; "" is the directory itself. */
export function below(directory: string, name: string): string {
  if (name === "") return directory;
  return directory === "" ? name : `${directory}/${name}`;
}
