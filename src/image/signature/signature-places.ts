import { join } from "node:path";
import { Fault, isFault } from "#foundation";
import type { Host } from "#host";
import { type ImageReference, maxRegistriesFileBytes, parseRegistriesFile, type RegistriesFile, scopesOf } from "#spec";

type Files = Pick<Host["files"], "list" | "readText">;

/** Where simple signatures are when nothing is said. */
const localLookaside = "file:///var/lib/containers/sigstore";

/** Where the signatures of one image are. */
export interface FoundPlaces {
  readonly lookaside: URL;
  readonly hasAttachments: boolean;
}

/**
 * Finds where an image's signatures are, in the files of registries.d.
 *
 * Each of the two answers is that of the narrowest scope that gives one. What
 * is attached in the repository is looked at unless a file says otherwise:
 * it is asked for only when the policy wants such signatures.
 *
 * @throws Fault `invalid` naming the file
 */
export async function findSignaturePlaces(
  reference: ImageReference,
  directories: readonly string[],
  files: Files,
): Promise<FoundPlaces> {
  const read = await readAll(directories, files);
  const places = [
    ...scopesOf(reference).flatMap((scope) => read.flatMap(({ byScope }) => byScope.get(scope) ?? [])),
    ...read.flatMap(({ defaultPlace }) => defaultPlace ?? []),
  ];
  return {
    lookaside: places.find(({ lookaside }) => lookaside !== undefined)?.lookaside ?? new URL(localLookaside),
    hasAttachments: places.find(({ hasAttachments }) => hasAttachments !== undefined)?.hasAttachments ?? true,
  };
}

/** All files; of two that speak of the same scope neither can be believed. */
async function readAll(directories: readonly string[], files: Files): Promise<readonly RegistriesFile[]> {
  const seen = new Map<string, string>();
  const read: RegistriesFile[] = [];
  for (const directory of directories) {
    for (const name of await files.list(directory)) {
      if (!name.endsWith(".yaml")) continue;
      const path = join(directory, name);
      const file = await readOne(path, files);
      if (file === undefined) continue;
      claim("default-docker", file.defaultPlace === undefined ? undefined : path, seen);
      for (const scope of file.byScope.keys()) claim(`docker[${JSON.stringify(scope)}]`, path, seen);
      read.push(file);
    }
  }
  return read;
}

function claim(key: string, path: string | undefined, seen: Map<string, string>): void {
  if (path === undefined) return;
  const other = seen.get(key);
  if (other !== undefined) throw new Fault("invalid", `${path}: ${key} stands in ${other}, too`);
  seen.set(key, path);
}

async function readOne(path: string, files: Files): Promise<RegistriesFile | undefined> {
  try {
    return await parseRegistriesFile(await files.readText(path, { maxBytes: maxRegistriesFileBytes }));
  } catch (error) {
    // Gone since the directory was listed.
    if (isFault(error, "not-found")) return undefined;
    throw Fault.within(`read ${path}`, error);
  }
}
