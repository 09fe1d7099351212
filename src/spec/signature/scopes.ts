import { formatReference, type ImageReference, repositoryOf } from "../reference.ts";

/**
 * Under which names a policy or a registries.d file may speak of an image, the
 * narrowest first: the reference itself, its repository, the namespaces above
 * it, the registry, and `*.` with the domains above that.
 *
 * A reference with tag and digest is known by its digest: that is what is pulled.
 */
export function scopesOf(reference: ImageReference): readonly string[] {
  const exact = reference.digest === undefined ? reference : { ...reference, tag: undefined };
  const components = repositoryOf(reference).split("/");
  const parents = components.map((_, index) => components.slice(0, components.length - index).join("/"));
  return [formatReference(exact), ...parents, ...wildcardsOf(reference.host)];
}

/** "a.b.example:5000": "*.b.example", "*.example". A wildcard has no port. */
function wildcardsOf(host: string): readonly string[] {
  const labels = host.replace(/:\d+$/, "").split(".").slice(1);
  return labels.map((_, index) => `*.${labels.slice(index).join(".")}`);
}
