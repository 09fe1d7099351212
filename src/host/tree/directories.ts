import { lstatSync, mkdirSync, readlinkSync, type Stats } from "node:fs";
import { isErrno } from "../errno.ts";
import { badName, entryFault } from "./faults.ts";
import { below, partsOf, toPath } from "./names.ts";

/** As many as the kernel follows in one path. */
const maxLinks = 40;

const defaultMode = 0o755;

/**
 * Finds the real directory of each name inside a tree, and makes it when it is missing.
 *
 * The kernel never follows a link of the tree: each part is looked at by itself,
 * and a symlink is resolved here, against the tree's root, as a process would
 * see it whose root directory the tree is. This is safe only because nobody
 * else changes the tree meanwhile.
 *
 * Invariants: a cached directory exists and is reached through directories
 * only; whoever removes a directory or a symlink calls `forget`.
 */
export class TreeDirectories {
  readonly #root: string;
  readonly #onImplied: (directory: string) => void;
  readonly #known = new Map<string, string>();

  /** `onImplied` hears of each directory made here. */
  constructor(root: string, onImplied: (directory: string) => void) {
    this.#root = root;
    this.#onImplied = onImplied;
  }

  /** The real directory, made with its parents where missing. @throws Fault `invalid` when something else is in the way */
  ensure(parts: readonly string[], name: string): string {
    const key = parts.join("/");
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const real = this.#walk(parts, name, "make");
    if (real === undefined) throw badName(name, "its parent is not a directory");
    this.#known.set(key, real);
    return real;
  }

  /** The real directory; undefined when it is missing or something else. */
  find(parts: readonly string[], name: string): string | undefined {
    return this.#known.get(parts.join("/")) ?? this.#walk(parts, name, "look");
  }

  forget(): void {
    this.#known.clear();
  }

  #walk(parts: readonly string[], name: string, missing: "make" | "look"): string | undefined {
    const rest = parts.toReversed();
    let real = "";
    let links = 0;
    for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
      if (part === "..") {
        real = real.slice(0, Math.max(0, real.lastIndexOf("/")));
        continue;
      }
      const next = below(real, part);
      const found = statAt(below(this.#root, next));
      if (found === undefined && missing === "make") this.#make(next, name);
      else if (found?.isSymbolicLink() === true) {
        links += 1;
        if (links > maxLinks) throw badName(name, "its parent has too many symlinks");
        const target = readlinkSync(toPath(below(this.#root, next)), "latin1");
        if (target.startsWith("/")) real = "";
        rest.push(...target.split("/").filter(isStep).toReversed());
        continue;
      } else if (found?.isDirectory() === false || found === undefined) return undefined;
      real = next;
    }
    return real;
  }

  #make(directory: string, name: string): void {
    try {
      mkdirSync(toPath(below(this.#root, directory)), defaultMode);
    } catch (error) {
      throw entryFault(name, error);
    }
    this.#onImplied(directory);
  }
}

/** What is at a path itself; undefined when nothing is. */
export function statAt(path: string): Stats | undefined {
  try {
    return lstatSync(toPath(path));
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw entryFault(path, error);
  }
}

/** Splits a name that must stay inside the tree. @throws Fault `invalid` */
export function partsInside(name: string): readonly string[] {
  if (name.includes("\0")) throw badName(name, "the name holds a NUL byte");
  const parts = partsOf(name);
  if (parts === undefined) throw badName(name, "the name leads out of the tree");
  return parts;
}

function isStep(part: string): boolean {
  return part !== "" && part !== ".";
}
