import { isAbsolute, join } from "node:path";
import { Fault, isFault } from "#foundation";
import type { Host } from "#host";
import { defaultEndpoint, type EndpointSettings, parseHostsToml, type RegistryHosts } from "#spec";

/** TLS of one endpoint, with its files read. */
export interface EndpointTls {
  readonly authorities: readonly Buffer[];
  readonly certificates: readonly Buffer[];
  readonly keys: readonly Buffer[];
  readonly mustVerify: boolean;
}

/** One place to ask for a registry's content. */
export interface Endpoint {
  readonly settings: EndpointSettings;
  readonly tls: EndpointTls;
  /** The registry's own name, told to a mirror that serves several; absent at the registry itself. */
  readonly namespace?: string;
}

type Files = Pick<Host["files"], "read" | "readText">;

const maxTlsFileBytes: number = 1024 * 1024;
const maxHostsTomlBytes: number = 256 * 1024;

/**
 * Finds the endpoints of a registry, in the order in which to ask them.
 *
 * The first directory with a `HOST/hosts.toml`, or a `_default/hosts.toml`,
 * decides. It is read at every call, so that a change needs no restart.
 *
 * @throws Fault `invalid` naming the file
 */
export async function findEndpoints(
  host: string,
  directories: readonly string[],
  files: Files,
): Promise<readonly Endpoint[]> {
  const found = await findHostsToml(host, directories, files);
  if (found === undefined) return [await toEndpoint(defaultEndpoint(host), "", files)];
  const { directory, hosts } = found;
  const mirrors = hosts.mirrors.map(async (mirror) => ({
    ...(await toEndpoint(mirror, directory, files)),
    namespace: host,
  }));
  const server = hosts.server === undefined ? [] : [toEndpoint(hosts.server, directory, files)];
  return Promise.all([...mirrors, ...server]);
}

async function findHostsToml(
  host: string,
  directories: readonly string[],
  files: Files,
): Promise<{ readonly directory: string; readonly hosts: RegistryHosts } | undefined> {
  for (const parent of directories) {
    for (const name of directoryNames(host)) {
      const directory = join(parent, name);
      const text = await readIfPresent(join(directory, "hosts.toml"), files);
      if (text !== undefined) return { directory, hosts: parse(text, host, join(directory, "hosts.toml")) };
    }
  }
  return undefined;
}

/** containerd allows underscores for the colon of a port, which some tools cannot have in a path. */
function directoryNames(host: string): readonly string[] {
  const colon = host.lastIndexOf(":");
  const hasPort = colon !== -1 && !host.endsWith("]");
  const plain = hasPort ? [`${host.slice(0, colon)}_${host.slice(colon + 1)}_`] : [];
  return [host, ...plain, "_default"];
}

function parse(text: string, host: string, path: string): RegistryHosts {
  try {
    return parseHostsToml(text, host);
  } catch (error) {
    throw Fault.within(`read ${path}`, error);
  }
}

async function readIfPresent(path: string, files: Files): Promise<string | undefined> {
  try {
    return await files.readText(path, { maxBytes: maxHostsTomlBytes });
  } catch (error) {
    if (isFault(error, "not-found")) return undefined;
    throw error;
  }
}

async function toEndpoint(settings: EndpointSettings, directory: string, files: Files): Promise<Endpoint> {
  const read = (path: string): Promise<Buffer> =>
    files.read(isAbsolute(path) ? path : join(directory, path), { maxBytes: maxTlsFileBytes });
  const clients = settings.clientCertificates;
  return {
    settings,
    tls: {
      authorities: await Promise.all(settings.authorities.map(read)),
      certificates: await Promise.all(clients.map(({ certificate }) => read(certificate))),
      keys: await Promise.all(clients.map(({ certificate, key }) => read(key === "" ? certificate : key))),
      mustVerify: settings.mustVerify,
    },
  };
}
