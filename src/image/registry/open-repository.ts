import type { Host } from "#host";
import {
  type AuthFile,
  type Credentials,
  credentialsFor,
  findFileCredentials,
  type ImageReference,
  type RegistryAuth,
} from "#spec";
import type { NormalizedImageOptions } from "../options.ts";
import type { AuthFileReader } from "./auth-file-reader.ts";
import type { CircuitBreakers } from "./circuit-breakers.ts";
import type { Endpoint } from "./endpoint.ts";
import { findEndpoints } from "./endpoints.ts";
import { type OnReceived, Repository } from "./repository.ts";

export interface RepositoryDeps {
  readonly files: Host["files"];
  readonly options: NormalizedImageOptions;
  readonly breakers: CircuitBreakers;
  readonly authFile: AuthFileReader;
  readonly onReceived: OnReceived;
}

/**
 * Opens the repository of an image, as registries are configured now. Close it when done.
 *
 * @throws Fault `invalid` naming the file that is wrong; `denied` for a blocked image
 */
export async function openRepository(
  reference: ImageReference,
  auth: RegistryAuth | undefined,
  { files, options, breakers, authFile, onReceived }: RepositoryDeps,
): Promise<Repository> {
  const [endpoints, fileAuth] = await Promise.all([findEndpoints(reference, options, files), authFile.read()]);
  const withCredentials = endpoints.map((endpoint) => ({
    endpoint,
    credentials: chooseCredentials(endpoint, reference, auth, fileAuth),
  }));
  return new Repository(withCredentials, { host: reference.host, options, breakers, onReceived });
}

/**
 * The caller's credentials, or else the operator's.
 *
 * The registry itself is known by the name that the image has, and by where it
 * is; a mirror only by where it is: what is meant for a registry is not shown
 * to its mirror.
 */
export function chooseCredentials(
  { settings, isRegistry, path }: Pick<Endpoint, "settings" | "isRegistry" | "path">,
  reference: ImageReference,
  auth: RegistryAuth | undefined,
  fileAuth: AuthFile,
): Credentials {
  const place = { host: new URL(settings.baseUrl).host, path };
  const places = isRegistry ? [{ host: reference.host, path: reference.path }, place] : [place];
  const all = [
    ...places.map(({ host }) => credentialsFor(host, auth)),
    ...places.map((one) => findFileCredentials(fileAuth, one.host, one.path)),
  ];
  return all.find(({ kind }) => kind !== "none") ?? { kind: "none" };
}
