import type { GrpcServer } from "#grpc";
import type { Engine } from "#pod";
import { AdminService } from "#proto/crisp/v1/admin_pb.js";
import { listRuntimes } from "./list-runtimes.ts";
import { type WhyDeps, why } from "./why.ts";

export interface AdminDeps extends WhyDeps {
  readonly engine: Engine;
}

/** Serves crisp's own service: what operators ask and CRI has no words for. */
export function serveAdmin(server: GrpcServer, deps: AdminDeps): void {
  server.serve({
    service: AdminService,
    handlers: {
      listRuntimes: () => listRuntimes(deps.engine.health()),
      why: (request) => why(request, deps),
    },
  });
}
