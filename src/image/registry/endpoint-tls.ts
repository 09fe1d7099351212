import { isAbsolute, join } from "node:path";
import type { Host } from "#host";
import type { EndpointSettings } from "#spec";

/** TLS of one endpoint, with its files read. */
export interface EndpointTls {
  readonly authorities: readonly Buffer[];
  readonly certificates: readonly Buffer[];
  readonly keys: readonly Buffer[];
  readonly mustVerify: boolean;
}

/** TLS as everybody has it. */
export const noTlsFiles: EndpointTls = { authorities: [], certificates: [], keys: [], mustVerify: true };

const maxTlsFileBytes: number = 1024 * 1024;

/** Reads the files that an endpoint's settings name; relative ones are below `directory`. */
export async function readTls(
  settings: EndpointSettings,
  directory: string,
  files: Pick<Host["files"], "read">,
): Promise<EndpointTls> {
  const read = (path: string): Promise<Buffer> =>
    files.read(isAbsolute(path) ? path : join(directory, path), { maxBytes: maxTlsFileBytes });
  const clients = settings.clientCertificates;
  return {
    authorities: await Promise.all(settings.authorities.map(read)),
    certificates: await Promise.all(clients.map(({ certificate }) => read(certificate))),
    keys: await Promise.all(clients.map(({ certificate, key }) => read(key === "" ? certificate : key))),
    mustVerify: settings.mustVerify,
  };
}
