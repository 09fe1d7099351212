import { join } from "node:path";
import type { Host } from "#host";
import {
  decodeEndState,
  decodeKeeperState,
  decodeShimState,
  type EndState,
  encodeShimState,
  type KeeperState,
  type ShimState,
} from "#spec";

/** The files of a container's bundle that crisp writes; the shim has its own beside them. */
export interface ShimFiles {
  readonly config: string;
  /** Where a shim that is told to speak of itself does so; it must be there. */
  readonly log: string;
  /** Where shims written in Go put their address. */
  readonly address: string;
  /** A {@link ShimState}. */
  readonly shim: string;
  /** A {@link KeeperState}. */
  readonly keeper: string;
  /** An {@link EndState}. */
  readonly end: string;
  /** There when the shim has told that the kernel killed the container for its memory. */
  readonly oom: string;
  /** Directory of the files of the conmon that keeps the streams. */
  readonly keeperDirectory: string;
}

export function shimFiles(bundleDirectory: string): ShimFiles {
  const keeperDirectory = join(bundleDirectory, "streams");
  return {
    config: join(bundleDirectory, "config.json"),
    log: join(bundleDirectory, "log"),
    address: join(bundleDirectory, "address"),
    shim: join(bundleDirectory, "shim.json"),
    keeper: join(keeperDirectory, "keeper.json"),
    end: join(bundleDirectory, "end.json"),
    oom: join(bundleDirectory, "oom"),
    keeperDirectory,
  };
}

/** With which shim the container is; undefined when it never was with one, or has been deleted. */
export async function readShimState(
  host: Pick<Host, "files">,
  bundleDirectory: string,
): Promise<ShimState | undefined> {
  return await read(host, shimFiles(bundleDirectory).shim, decodeShimState);
}

/** Who keeps the container's streams; undefined when it has none. */
export async function readKeeperState(
  host: Pick<Host, "files">,
  bundleDirectory: string,
): Promise<KeeperState | undefined> {
  return await read(host, shimFiles(bundleDirectory).keeper, decodeKeeperState);
}

/** How the container ended; undefined while that is not known. */
export async function readEndState(host: Pick<Host, "files">, bundleDirectory: string): Promise<EndState | undefined> {
  return await read(host, shimFiles(bundleDirectory).end, decodeEndState);
}

/** Writes one of them; a crash of the daemon leaves the old or the new, and nothing of a container outlives the machine's boot. */
export async function writeState(
  host: Pick<Host, "files">,
  path: string,
  state: ShimState | KeeperState | EndState,
): Promise<void> {
  await host.files.writeAtomic(path, encodeShimState(state), { mode: 0o600, isDurable: false });
}

async function read<State>(
  { files }: Pick<Host, "files">,
  path: string,
  decode: (text: string) => State | undefined,
): Promise<State | undefined> {
  return (await files.stat(path)) === undefined ? undefined : decode(await files.readText(path));
}
