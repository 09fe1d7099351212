import { readlink } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "#foundation";
import { isErrno } from "../errno.ts";
import { hostFault } from "../faults.ts";
import { readWholeFile } from "./read-file.ts";

/** As many links in one path as the kernel follows. */
const maxLinks = 40;

/**
 * Reads a file of a tree as a process whose root is that tree would: links,
 * absolute ones and "..", never lead out of it.
 *
 * Only for a tree that nothing else changes meanwhile, such as the root of a
 * container that was not started.
 */
export async function readInside(root: string, path: string, maxBytes?: number): Promise<Buffer> {
  try {
    return await readWholeFile(join(root, await followLinks(root, path)), maxBytes);
  } catch (error) {
    throw hostFault(`read ${path} in ${root}`, error);
  }
}

/** The absolute path, without links below the tree's root, of what is at a path for such a process. Same rule. */
export async function resolveInside(root: string, path: string): Promise<string> {
  try {
    return join(root, await followLinks(root, path));
  } catch (error) {
    throw hostFault(`find ${path} in ${root}`, error);
  }
}

/** The path without links and dots, from the tree's root. */
async function followLinks(root: string, path: string): Promise<string> {
  const pending = path.split("/");
  const resolved: string[] = [];
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === "" || name === ".") continue;
    if (name === "..") {
      resolved.pop();
      continue;
    }
    const target = await linkTarget(join(root, ...resolved, name));
    if (target === undefined) {
      resolved.push(name);
      continue;
    }
    links += 1;
    if (links > maxLinks) throw new Fault("invalid", `${path}: more than ${maxLinks} links`);
    if (target.startsWith("/")) resolved.length = 0;
    pending.unshift(...target.split("/"));
  }
  return resolved.join("/");
}

/** Where a link points; undefined for what is no link. */
async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (isErrno(error, "EINVAL")) return undefined;
    throw error;
  }
}
