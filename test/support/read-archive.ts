import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Names in a tar archive, as the tar of this machine reads them. */
export async function archiveNames(file: string): Promise<readonly string[]> {
  const { stdout } = await run("tar", ["-tf", file]);
  return stdout.split("\n").filter((name) => name !== "");
}

/** One file of an archive. */
export async function archiveFile(file: string, name: string): Promise<Buffer> {
  const { stdout } = await run("tar", ["-xOf", file, name], { encoding: "buffer", maxBuffer: 256 * 1_048_576 });
  return stdout;
}
