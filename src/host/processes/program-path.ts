import { accessSync, constants, statSync } from "node:fs";
import { join } from "node:path";
import { programDenied, programNotFound } from "../faults.ts";

/** Finds programs by name in the directories of a PATH; each name is looked up once. */
export class ProgramPath {
  readonly #directories: readonly string[];
  readonly #found = new Map<string, string>();

  constructor(path: string) {
    this.#directories = path.split(":").filter((directory) => directory.startsWith("/"));
  }

  /** The path of a program. @throws Fault `not-found` */
  resolve(program: string): string {
    if (program.startsWith("/")) return program;
    const known = this.#found.get(program);
    if (known !== undefined) return known;
    const path = this.#search(program);
    if (path === undefined) throw programNotFound(program);
    this.#found.set(program, path);
    return path;
  }

  /** Forgets where a program was: it is not there any more. */
  forget(program: string): void {
    this.#found.delete(program);
  }

  #search(program: string): string | undefined {
    // A relative path would depend on the daemon's working directory.
    if (program === "" || program.includes("/")) return undefined;
    return this.#directories.map((directory) => join(directory, program)).find(isProgram);
  }
}

/** Why starting a program failed: itself missing, or not executable; undefined when the errno says something else. */
export function faultOfStart(program: string, cause: unknown, errno: string | undefined): Error | undefined {
  switch (errno) {
    case "ENOENT":
    case "ENOTDIR":
      return programNotFound(program, cause);
    case "EACCES":
    case "EPERM":
      return programDenied(program, cause);
    default:
      return undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Whatever makes it unusable here, a later directory may have it.
    return false;
  }
}
