import type { GrpcServer } from "#grpc";
import type { Engine } from "#pod";
import { AdminService } from "#proto/crisp/v1/admin_pb.js";
import { listRuntimes } from "./list-runtimes.ts";

export interface AdminDeps {
  readonly engine: Engine;
}

/** Serves crisp's own service: what operators ask and CRI has no words for. */
export function serveAdmin(server: GrpcServer, { engine }: AdminDeps): void {
  server.serve({
    service: AdminService,
    handlers: {
      listRuntimes: () => listRuntimes(engine.health()),
    },
  });
}
