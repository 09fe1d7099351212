/**
 * Where systemd puts a slice in the tree of cgroups: each dash of its name is a slice above it, so that
 * `kubepods-burstable.slice` is `/kubepods.slice/kubepods-burstable.slice`. Undefined when no slice can be called so.
 *
 * @see https://www.freedesktop.org/software/systemd/man/252/systemd.slice.html
 */
export function slicePath(name: string): string | undefined {
  if (name === "-.slice") return "/";
  const match = /^([\w:.\\@]+(?:-[\w:.\\@]+)*)\.slice$/.exec(name);
  if (match === null) return undefined;
  const parts = (match[1] ?? "").split("-");
  return parts.map((_part, index) => `/${parts.slice(0, index + 1).join("-")}.slice`).join("");
}
