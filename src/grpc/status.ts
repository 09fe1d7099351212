import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { Fault } from "#foundation";
import { grpcCodeOfKind } from "#spec";

/**
 * The gRPC status of anything thrown. The one place where a kind becomes a code.
 *
 * The message goes out as it is: the socket is root's alone, and kubelet puts
 * the text into the pod's events.
 */
export function statusOf(thrown: unknown): StatusObject {
  const fault = Fault.from(thrown);
  return { code: grpcCodeOfKind[fault.kind], details: fault.message, metadata: new Metadata() };
}
