import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ImageSpecSchema, PodSandboxConfig } from "#proto/cri/v1/runtime_pb.js";
import { type PullFlags, toAuthConfig, withPullEnvironment } from "./registry-auth.ts";
import type { Session } from "./session.ts";

export interface PullRequest {
  readonly image: MessageInitShape<typeof ImageSpecSchema>;
  readonly sandboxConfig: PodSandboxConfig | undefined;
}

/** Pulls an image, as long as it takes unless the flags say otherwise; gives what the runtime calls it. */
export async function pullImage(session: Session, request: PullRequest, flags: PullFlags): Promise<string> {
  const known = withPullEnvironment(flags, session.environment);
  const auth = toAuthConfig(known);
  const { image, sandboxConfig } = request;
  const { imageRef } = await session.client.pullImage(
    { image, ...(sandboxConfig === undefined ? {} : { sandboxConfig }), ...(auth === undefined ? {} : { auth }) },
    session.acting(known.pullTimeout ?? 0),
  );
  return imageRef;
}
