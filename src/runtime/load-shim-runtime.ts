import type { ShimRuntimeDeps, ShimRuntimeOptions } from "./shim/options.ts";
import type { ShimRuntime } from "./shim/shim-runtime.ts";

/**
 * Makes a runtime of a program of the shim v2 interface.
 *
 * What it takes is loaded now: a node without such a handler does not pay for it.
 */
export async function loadShimRuntime(options: ShimRuntimeOptions, deps: ShimRuntimeDeps): Promise<ShimRuntime> {
  const { openShimRuntime } = await import("./shim/shim-runtime.ts");
  return await openShimRuntime(options, deps);
}
