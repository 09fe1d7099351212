import type { CallObserver } from "#grpc";
import { grpcCodeNameOfKind } from "#spec";
import type { DeclaredMetrics } from "./declare.ts";

/** Counts and times calls. */
export function observeCalls({ rpcDuration, rpcErrors, rpcRunning }: DeclaredMetrics): CallObserver {
  return {
    began: ({ service, method }) => {
      const labels = { service, method };
      const startedAt = performance.now();
      rpcRunning.inc(labels);
      return (failure) => {
        rpcRunning.dec(labels);
        rpcDuration.observe(labels, (performance.now() - startedAt) / 1_000);
        if (failure !== undefined) rpcErrors.inc({ ...labels, code: grpcCodeNameOfKind(failure.kind) });
      };
    },
  };
}
