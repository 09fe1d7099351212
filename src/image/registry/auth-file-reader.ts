import { isFault, type Logger } from "#foundation";
import type { Host } from "#host";
import { type AuthFile, decodeAuthFile, maxAuthFileBytes } from "#spec";
import { within } from "./config-file.ts";

export interface AuthFileReaderDeps {
  readonly files: Pick<Host["files"], "read">;
  readonly logger: Logger;
}

const noCredentials: AuthFile = { entries: new Map(), unheeded: [] };

/** Reads the operator's file with credentials, each time anew; says once what in it is not heeded. */
export class AuthFileReader {
  readonly #path: () => string;
  readonly #deps: AuthFileReaderDeps;
  #complaint = "";

  /** `path` is asked at each read; empty: there is no file. */
  constructor(path: () => string, deps: AuthFileReaderDeps) {
    this.#path = path;
    this.#deps = deps;
  }

  /**
   * The file's credentials. A file that is not there holds none: a node may get
   * it later, and images that need none must come even so.
   *
   * @throws Fault `invalid` naming the file
   */
  async read(): Promise<AuthFile> {
    const path = this.#path();
    if (path === "") return noCredentials;
    const bytes = await this.#bytes(path);
    if (bytes === undefined) {
      this.#complain(path, "the file with credentials is missing");
      return noCredentials;
    }
    const file = within(path, () => decodeAuthFile(bytes));
    if (file.unheeded.length > 0)
      this.#complain(path, `${file.unheeded.join(" and ")} would run programs, and is not heeded`);
    else this.#complaint = "";
    return file;
  }

  async #bytes(path: string): Promise<Buffer | undefined> {
    try {
      return await this.#deps.files.read(path, { maxBytes: maxAuthFileBytes });
    } catch (error) {
      if (isFault(error, "not-found")) return undefined;
      throw error;
    }
  }

  #complain(file: string, problem: string): void {
    if (problem !== this.#complaint) this.#deps.logger.warn("registry credentials", { file, problem });
    this.#complaint = problem;
  }
}
