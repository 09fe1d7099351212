import { create } from "@bufbuild/protobuf";
import { Fault, isFault } from "#foundation";
import { PullProgressSchema } from "#proto/crisp/v1/admin_pb.js";
import { type PullRequest, pullCallOf, pullImage } from "../pull-image.ts";
import type { PullFlags } from "../registry-auth.ts";
import type { Session } from "../session.ts";
import type { PullWatcher } from "./watcher.ts";

/**
 * Pulls an image and shows how far it is, where the server can tell.
 *
 * Runtimes other than crispd know no such call, and pull without a word.
 */
export async function pullWatched(
  session: Session,
  request: PullRequest,
  flags: PullFlags,
  watcher: PullWatcher,
): Promise<string> {
  const { runtimeEndpoint, imageEndpoint } = session.settings;
  // crisp's own service is asked at the runtime's endpoint; images may come from another server.
  if (runtimeEndpoint !== imageEndpoint) return pullUnwatched(session, request, flags, watcher);
  try {
    return await watch(session, request, flags, watcher);
  } catch (error) {
    // What crispd itself does not support (an image for another machine), it refuses here once more.
    if (isFault(error, "unsupported")) return await pullUnwatched(session, request, flags, watcher);
    throw error;
  }
}

async function pullUnwatched(
  session: Session,
  request: PullRequest,
  flags: PullFlags,
  watcher: PullWatcher,
): Promise<string> {
  const imageRef = await pullImage(session, request, flags);
  await watcher.show(create(PullProgressSchema, { imageRef }));
  return imageRef;
}

async function watch(session: Session, request: PullRequest, flags: PullFlags, watcher: PullWatcher): Promise<string> {
  const { message, options } = pullCallOf(session, request, flags);
  for await (const progress of session.admin.pullWithProgress(message, options)) {
    await watcher.show(progress);
    if (progress.imageRef !== "") return progress.imageRef;
  }
  throw new Fault("broken", "the pull ended without an image");
}
