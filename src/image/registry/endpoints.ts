import type { Host } from "#host";
import { defaultEndpoint, type EndpointSettings, findRegistryTable, type ImageReference } from "#spec";
import { registryBlocked } from "../faults.ts";
import type { Endpoint } from "./endpoint.ts";
import { noTlsFiles, readTls } from "./endpoint-tls.ts";
import { type FoundHosts, findHostsToml } from "./hosts-files.ts";
import { readRegistriesConf, sourceEndpoints } from "./registries-files.ts";

/** Where endpoints are configured. */
export interface EndpointSources {
  /** Directories of `HOST/hosts.toml`. */
  readonly registryConfigDirs: readonly string[];
  /** A registries.conf; `.d` beside it has its drop-ins. Empty: none. */
  readonly registriesConf: string;
}

export type EndpointFiles = Pick<Host["files"], "read" | "readText" | "list">;

/**
 * Finds the endpoints of an image, in the order in which to ask them.
 *
 * What registries.conf blocks is blocked. Otherwise a registry's own
 * hosts.toml goes before registries.conf, and that before a
 * `_default/hosts.toml`. All are read at every call, so that a change needs no
 * restart.
 *
 * @throws Fault `invalid` naming the file; `denied` for a blocked image
 */
export async function findEndpoints(
  reference: ImageReference,
  sources: EndpointSources,
  files: EndpointFiles,
): Promise<readonly Endpoint[]> {
  const { host, path } = reference;
  const tables = await readRegistriesConf(sources.registriesConf, files);
  const table = findRegistryTable(reference, tables);
  if (table?.isBlocked === true) throw registryBlocked(table.prefix, sources.registriesConf);
  const found = await findHostsToml(host, sources.registryConfigDirs, files);
  if (found !== undefined && (table === undefined || !found.isDefault)) return hostsEndpoints(reference, found, files);
  if (table !== undefined) return sourceEndpoints(reference, table);
  return [{ settings: defaultEndpoint(host), tls: noTlsFiles, path, isRegistry: true }];
}

async function hostsEndpoints(
  { host, path }: ImageReference,
  { directory, hosts }: FoundHosts,
  files: EndpointFiles,
): Promise<readonly Endpoint[]> {
  const toEndpoint = async (settings: EndpointSettings, isRegistry: boolean): Promise<Endpoint> => ({
    settings,
    tls: await readTls(settings, directory, files),
    path,
    isRegistry,
    ...(isRegistry ? {} : { namespace: host }),
  });
  const mirrors = hosts.mirrors.map((mirror) => toEndpoint(mirror, false));
  const server = hosts.server === undefined ? [] : [toEndpoint(hosts.server, true)];
  return Promise.all([...mirrors, ...server]);
}
