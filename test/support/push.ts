import type { Blob, BuiltImage } from "./image.ts";
import type { Registry } from "./registry.ts";

export interface PushedImage {
  /** `127.0.0.1:PORT/NAME:TAG` */
  readonly reference: string;
  /** `127.0.0.1:PORT/NAME@sha256:…` */
  readonly digestReference: string;
  /** Digest of the configuration: the image's id in CRI. */
  readonly id: string;
}

/** Pushes an image as `name:tag` through the registry's HTTP API. */
export async function pushImage(registry: Registry, nameAndTag: string, image: BuiltImage): Promise<PushedImage> {
  const [name = "", tag = "latest"] = nameAndTag.split(":");
  const repository = `${registry.url}/v2/${name}`;
  for (const blob of image.blobs) await pushBlob(repository, blob);
  for (const manifest of image.manifests) await putManifest(repository, manifest.digest, manifest);
  await putManifest(repository, tag, image.top);
  return {
    reference: `${registry.host}/${name}:${tag}`,
    digestReference: `${registry.host}/${name}@${image.top.digest}`,
    id: image.id,
  };
}

async function pushBlob(repository: string, blob: Blob): Promise<void> {
  const started = await request("POST", `${repository}/blobs/uploads/`);
  const location = new URL(started.headers.get("location") ?? "", repository);
  location.searchParams.set("digest", blob.digest);
  await request("PUT", location.href, blob.bytes, "application/octet-stream");
}

async function putManifest(repository: string, name: string, manifest: Blob): Promise<void> {
  await request("PUT", `${repository}/manifests/${name}`, manifest.bytes, manifest.mediaType);
}

async function request(method: string, url: string, body?: Buffer, contentType?: string): Promise<Response> {
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
  return response;
}
