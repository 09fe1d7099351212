import { Fault } from "#foundation";
import type { OciRuntime } from "#runtime";
import type { Handlers } from "./context.ts";

/** Runtime handlers by name; "" names the default one. */
export function createHandlers(runtimes: readonly OciRuntime[], defaultHandler: string): Handlers {
  const byName = new Map(runtimes.map((runtime) => [runtime.handler, runtime]));
  return {
    get: (name) => {
      const runtime = byName.get(name === "" ? defaultHandler : name);
      if (runtime !== undefined) return runtime;
      const known = [...byName.keys()].join(", ");
      throw new Fault("invalid", `runtime handler ${name}: not configured; known are ${known}`, {
        reason: { code: "pod.handler-unknown", name },
      });
    },
    all: () => runtimes,
  };
}
