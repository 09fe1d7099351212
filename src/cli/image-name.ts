const none = "<none>";

/** `registry:5000/app:1.0` as name and tag. */
export function splitTag(reference: string): { readonly name: string; readonly tag: string } {
  const at = reference.lastIndexOf(":");
  if (at < 0 || reference.includes("/", at)) return { name: reference, tag: none };
  return { name: reference.slice(0, at), tag: reference.slice(at + 1) };
}

/** `registry:5000/app@sha256:…` as name and digest; both `<none>` when there is none. */
export function splitDigest(reference: string | undefined): { readonly name: string; readonly digest: string } {
  const at = reference?.indexOf("@") ?? -1;
  if (reference === undefined || at < 0) return { name: none, digest: none };
  return { name: reference.slice(0, at), digest: reference.slice(at + 1) };
}
