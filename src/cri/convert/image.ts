import { create } from "@bufbuild/protobuf";
import type { Image } from "#image";
import { ImageSchema, type Image as ProtoImage } from "#proto/cri/v1/runtime_pb.js";

/** An image as kubelet reads it: its user is either a number or a name, never both. */
export function imageToProto(image: Image): ProtoImage {
  return create(ImageSchema, {
    id: image.id,
    repoTags: [...image.repoTags],
    repoDigests: [...image.repoDigests],
    size: BigInt(image.sizeBytes),
    ...userOfImage(image.config.user),
    spec: { image: image.id, annotations: { ...image.annotations } },
    pinned: image.isPinned,
  });
}

/** The user part of USER ("user:group"), as a number when it is one; nothing when the image names none. */
function userOfImage(user: string): { uid?: { value: bigint }; username?: string } {
  const [name = ""] = user.split(":");
  if (name === "") return {};
  return /^\d{1,10}$/.test(name) ? { uid: { value: BigInt(name) } } : { username: name };
}
