import { create } from "@bufbuild/protobuf";
import { Fault } from "#foundation";
import { type VersionRequest, type VersionResponse, VersionResponseSchema } from "#proto/cri/v1/runtime_pb.js";

/** The version of kubelet's side of the API: any other makes it exit. */
const kubeApiVersion = "0.1.0";

/** Answers Version. @throws Fault `invalid` when the client speaks another version of the API */
export function version(request: VersionRequest, crispVersion: string): VersionResponse {
  if (request.version !== "" && request.version !== kubeApiVersion && request.version !== "v1") {
    throw new Fault("invalid", `version: this server speaks ${kubeApiVersion}, not ${request.version}`);
  }
  return create(VersionResponseSchema, {
    version: kubeApiVersion,
    runtimeName: "crisp",
    runtimeVersion: crispVersion,
    runtimeApiVersion: "v1",
  });
}
