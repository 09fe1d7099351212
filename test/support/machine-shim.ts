import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Puts the program of the shim of make-believe machines into a directory; the path of it. */
export async function installMachineShim(directory: string, protocol: "ttrpc" | "grpc" = "ttrpc"): Promise<string> {
  const main = fileURLToPath(new URL("machine-shim/main.ts", import.meta.url));
  const program = path.join(directory, `containerd-shim-machine-${protocol}-v1`);
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${main} --protocol=${protocol} "$@"\n`);
  await chmod(program, 0o755);
  return program;
}
