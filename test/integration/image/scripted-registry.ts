import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Blob, BuiltImage } from "../../support/image.ts";

/** Answers a request itself, or returns false to leave it to the registry. */
export type Script = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

export interface ScriptedRegistry extends AsyncDisposable {
  readonly host: string;
  /** Requests so far: "GET /v2/…", with the query. */
  readonly requests: readonly string[];
  /** Headers of the requests, in the same order. */
  readonly headers: readonly IncomingMessage["headers"][];
  /** Asked before the registry itself; the last one set counts. */
  script: Script;
  serve(name: string, image: BuiltImage): string;
}

export interface ScriptedRegistryOptions {
  /** @default a free one */
  readonly port?: number;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string };
}

/** A registry in this process, on loopback, that can be made to misbehave. */
export async function startScriptedRegistry(options: ScriptedRegistryOptions = {}): Promise<ScriptedRegistry> {
  const contents = new Map<string, Blob>();
  const requests: string[] = [];
  const headers: IncomingMessage["headers"][] = [];
  const registry = { script: (() => false) as Script };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    headers.push(request.headers);
    void answer(request, response, registry.script, contents);
  };
  const { tls } = options;
  const server: Server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          { ...tls, requestCert: tls.ca !== undefined, rejectUnauthorized: tls.ca !== undefined },
          listener,
        );
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(registry, {
    host,
    requests,
    headers,
    serve: (name: string, image: BuiltImage) => {
      for (const blob of image.blobs) contents.set(`/v2/${name}/blobs/${blob.digest}`, blob);
      for (const manifest of [...image.manifests, image.top])
        contents.set(`/v2/${name}/manifests/${manifest.digest}`, manifest);
      contents.set(`/v2/${name}/manifests/latest`, image.top);
      return `${host}/${name}:latest`;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  script: Script,
  contents: ReadonlyMap<string, Blob>,
): Promise<void> {
  if (await script(request, response)) return;
  const content = contents.get(new URL(request.url ?? "", "http://registry").pathname);
  if (content === undefined) {
    response
      .writeHead(404)
      .end(JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }));
    return;
  }
  const { length } = content.bytes;
  const range = rangeOf(request, length);
  const { from, to } = range ?? { from: 0, to: length - 1 };
  response.writeHead(range === undefined ? 200 : 206, {
    "content-type": content.mediaType,
    "content-length": to + 1 - from,
    "docker-content-digest": content.digest,
    ...(range === undefined ? {} : { "content-range": `bytes ${from}-${to}/${length}` }),
  });
  response.end(request.method === "HEAD" ? undefined : content.bytes.subarray(from, to + 1));
}

/** The bytes that a request wants of a content; undefined: all. */
function rangeOf(request: IncomingMessage, length: number): { from: number; to: number } | undefined {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  if (from === undefined) return undefined;
  return { from: Number(from), to: to === undefined || to === "" ? length - 1 : Math.min(Number(to), length - 1) };
}
