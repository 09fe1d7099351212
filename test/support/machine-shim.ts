import { chmod, mkdir, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/**
 * Makes one file of the shim of make-believe machines, and answers with its path.
 *
 * From its sources it would need half a second of a processor to start, and each container starts it.
 */
export async function bundleMachineShim(): Promise<string> {
  const bundle = fileURLToPath(new URL("../../.cache/machine-shim.cjs", import.meta.url));
  const unfinished = `${bundle}.${process.pid}`;
  await mkdir(path.dirname(bundle), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL("machine-shim/main.ts", import.meta.url))],
    outfile: unfinished,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node24",
    logLevel: "warning",
    // What a CommonJS module does not have.
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  await rename(unfinished, bundle);
  return bundle;
}

export interface MachineShimOptions {
  /** @default "ttrpc" */
  readonly protocol?: "ttrpc" | "grpc";
  /** How it tells events. @default "socket" */
  readonly tellsBy?: "socket" | "program";
}

/** Puts the program of a bundled shim into a directory; the path of it. */
export async function installMachineShim(
  bundle: string,
  directory: string,
  { protocol = "ttrpc", tellsBy = "socket" }: MachineShimOptions = {},
): Promise<string> {
  const program = path.join(directory, `containerd-shim-machine-${protocol}-v1`);
  const words = `--protocol=${protocol} --tells-by=${tellsBy}`;
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${bundle} ${words} "$@"\n`);
  await chmod(program, 0o755);
  return program;
}
