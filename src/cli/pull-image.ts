import type { MessageInitShape } from "@bufbuild/protobuf";
import type { CallOptions } from "#client";
import type { ImageSpecSchema, PodSandboxConfig, PullImageRequestSchema } from "#proto/cri/v1/runtime_pb.js";
import { type PullFlags, toAuthConfig, withPullEnvironment } from "./registry-auth.ts";
import type { Session } from "./session.ts";

export interface PullRequest {
  readonly image: MessageInitShape<typeof ImageSpecSchema>;
  readonly sandboxConfig: PodSandboxConfig | undefined;
}

/** Pulls an image, as long as it takes unless the flags say otherwise; gives what the runtime calls it. */
export async function pullImage(session: Session, request: PullRequest, flags: PullFlags): Promise<string> {
  const { message, options } = pullCallOf(session, request, flags);
  const { imageRef } = await session.client.pullImage(message, options);
  return imageRef;
}

/** What a call that pulls says, and how long it may take. */
export function pullCallOf(
  session: Session,
  { image, sandboxConfig }: PullRequest,
  flags: PullFlags,
): { readonly message: MessageInitShape<typeof PullImageRequestSchema>; readonly options: CallOptions } {
  const known = withPullEnvironment(flags, session.environment);
  const auth = toAuthConfig(known);
  return {
    message: {
      image,
      ...(sandboxConfig === undefined ? {} : { sandboxConfig }),
      ...(auth === undefined ? {} : { auth }),
    },
    options: session.acting(known.pullTimeout ?? 0),
  };
}
