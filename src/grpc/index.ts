export type { Call, CallObserver, CallWatch, ObservedCall } from "./call.ts";
export type { Handlers } from "./handlers.ts";
export { namingAct, requireId, shortId } from "./naming.ts";
export { inPieces } from "./pieces.ts";
export { createGrpcServer, type GrpcServer, type ServedService } from "./server.ts";
