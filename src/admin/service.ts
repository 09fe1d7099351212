import type { GrpcServer } from "#grpc";
import type { Images } from "#image";
import type { Engine } from "#pod";
import { AdminService } from "#proto/crisp/v1/admin_pb.js";
import { type Examiner, examineNode } from "./examine.ts";
import { type ConfigDecoders, explainContainer } from "./explain-container.ts";
import { exportImages } from "./export-images.ts";
import { importImages } from "./import-images.ts";
import { type EventToProto, listEvents } from "./list-events.ts";
import { listRuntimes } from "./list-runtimes.ts";
import { type PullFromProto, pullWithProgress } from "./pull-with-progress.ts";
import { type WhyDeps, why } from "./why.ts";

export interface AdminDeps extends WhyDeps {
  readonly engine: Engine;
  readonly decoders: ConfigDecoders;
  readonly images: Images;
  readonly pullFromProto: PullFromProto;
  readonly eventToProto: EventToProto;
  readonly examiner: Examiner;
}

/** Serves crisp's own service: what operators ask and CRI has no words for. */
export function serveAdmin(server: GrpcServer, deps: AdminDeps): void {
  server.serve({
    service: AdminService,
    handlers: {
      listRuntimes: () => listRuntimes(deps.engine.health()),
      importImages: (request, call) => importImages(request, deps.images, call),
      exportImages: (request, call) => exportImages(request, deps.images, call),
      explainContainer: (request) => explainContainer(request, deps.engine, deps.decoders),
      pullWithProgress: (request, call) => pullWithProgress(request, deps, call),
      listEvents: (request, call) => listEvents(request, deps, call),
      why: (request) => why(request, deps),
      examine: (request, call) => examineNode(request, deps.examiner, call),
    },
  });
}
