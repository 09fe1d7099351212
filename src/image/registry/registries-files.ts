import { join } from "node:path";
import type { Host } from "#host";
import {
  defaultEndpoint,
  type ImageReference,
  joinRegistryTables,
  parseRegistriesConf,
  type RegistrySource,
  type RegistryTable,
  registrySources,
} from "#spec";
import { readTextIfPresent, within } from "./config-file.ts";
import type { Endpoint } from "./endpoint.ts";
import { noTlsFiles } from "./endpoint-tls.ts";

/**
 * Reads a registries.conf and the drop-ins beside it, `registries.conf.d/*.conf` in order of name.
 *
 * @param file empty: there is none
 * @throws Fault `invalid` naming the file
 */
export async function readRegistriesConf(
  file: string,
  files: Pick<Host["files"], "readText" | "list">,
): Promise<readonly RegistryTable[]> {
  if (file === "") return [];
  const names = await files.list(`${file}.d`);
  const all = [file, ...names.filter((name) => name.endsWith(".conf")).map((name) => join(`${file}.d`, name))];
  const tables = await Promise.all(all.map((one) => readTables(one, files)));
  return within(file, () => joinRegistryTables(tables.flat()));
}

/** The endpoints of an image that a table speaks of. */
export function sourceEndpoints(reference: ImageReference, table: RegistryTable): readonly Endpoint[] {
  return registrySources(reference, table).flatMap(toEndpoints);
}

async function readTables(file: string, files: Pick<Host["files"], "readText">): Promise<readonly RegistryTable[]> {
  const text = await readTextIfPresent(file, files);
  return text === undefined ? [] : within(file, () => parseRegistriesConf(text));
}

/** A place of which TLS is not insisted on is asked with it first, whoever vouches for it. */
function toEndpoints({ host, path, isInsecure, isMirror }: RegistrySource): readonly Endpoint[] {
  const settings = defaultEndpoint(host);
  const place = { path, isRegistry: !isMirror };
  if (!isInsecure) return [{ ...place, settings, tls: noTlsFiles }];
  const withTls = settings.baseUrl.replace(/^http:/, "https:");
  const withoutTls = settings.baseUrl.replace(/^https:/, "http:");
  return [
    {
      ...place,
      settings: { ...settings, baseUrl: withTls, mustVerify: false },
      tls: { ...noTlsFiles, mustVerify: false },
    },
    { ...place, settings: { ...settings, baseUrl: withoutTls }, tls: noTlsFiles, isPlainTwin: true },
  ];
}
