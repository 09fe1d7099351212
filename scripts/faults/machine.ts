import { access, constants } from "node:fs/promises";
import path from "node:path";
import { cniBinDir } from "../../test/support/cni.ts";

/** Beyond what crispd needs itself: a registry, an image's programs, and a disk that can be full. */
const programs = ["docker-registry", "mkfs.ext4", "mount", "umount", "fallocate", "truncate"];
const files = ["/bin/busybox", path.join(cniBinDir, "bridge"), path.join(cniBinDir, "host-local")];

/** @throws Error naming all that is missing on this machine */
export async function assertMachine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("it needs root");
  const directories = (process.env["PATH"] ?? "").split(path.delimiter);
  const lookups = [
    ...programs.map((name) => ({ name, places: directories.map((directory) => path.join(directory, name)) })),
    ...files.map((file) => ({ name: file, places: [file] })),
  ];
  const found = await Promise.all(
    lookups.map(async ({ places }) => (await Promise.all(places.map(canRun))).includes(true)),
  );
  const missing = lookups.filter((_, index) => found[index] === false).map(({ name }) => name);
  if (missing.length > 0) {
    throw new Error(`this machine has no ${missing.join(", no ")}; scripts/setup.sh of crisp's sources installs them`);
  }
}

async function canRun(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
