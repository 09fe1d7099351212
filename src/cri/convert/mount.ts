import { create } from "@bufbuild/protobuf";
import { assertNever } from "#foundation";
import {
  IDMappingSchema,
  MountSchema,
  type IDMapping as ProtoIdMapping,
  type Mount as ProtoMount,
  MountPropagation as ProtoPropagation,
} from "#proto/cri/v1/runtime_pb.js";
import type { ContainerMount, IdMapping, MountPropagation } from "#spec";
import { imageSpecFromProto, imageSpecToProto } from "./image-spec.ts";

/** A mount of a container request. */
export function mountFromProto(mount: ProtoMount): ContainerMount {
  return {
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    isReadonly: mount.readonly,
    isRecursivelyReadonly: mount.recursiveReadOnly,
    selinuxRelabel: mount.selinuxRelabel,
    propagation: propagationFromProto(mount.propagation),
    uidMappings: mount.uidMappings.map(idMappingFromProto),
    gidMappings: mount.gidMappings.map(idMappingFromProto),
    image: mount.image === undefined || mount.image.image === "" ? undefined : imageSpecFromProto(mount.image),
    imageSubPath: mount.imageSubPath,
    options: mount.mountOptions,
  };
}

/** The same mount for a status: kubelet finds the termination log through it. */
export function mountToProto(mount: ContainerMount): ProtoMount {
  return create(MountSchema, {
    containerPath: mount.containerPath,
    hostPath: mount.hostPath,
    readonly: mount.isReadonly,
    recursiveReadOnly: mount.isRecursivelyReadonly,
    selinuxRelabel: mount.selinuxRelabel,
    propagation: propagationToProto(mount.propagation),
    uidMappings: mount.uidMappings.map(idMappingToProto),
    gidMappings: mount.gidMappings.map(idMappingToProto),
    ...(mount.image === undefined ? {} : { image: imageSpecToProto(mount.image) }),
    imageSubPath: mount.imageSubPath,
    mountOptions: [...mount.options],
  });
}

export function idMappingFromProto({ hostId, containerId, length }: ProtoIdMapping): IdMapping {
  return { hostId, containerId, length };
}

export function idMappingToProto(mapping: IdMapping): ProtoIdMapping {
  return create(IDMappingSchema, mapping);
}

function propagationFromProto(propagation: ProtoPropagation): MountPropagation {
  switch (propagation) {
    case ProtoPropagation.PROPAGATION_PRIVATE:
      return "private";
    case ProtoPropagation.PROPAGATION_HOST_TO_CONTAINER:
      return "host-to-container";
    case ProtoPropagation.PROPAGATION_BIDIRECTIONAL:
      return "bidirectional";
    default:
      return assertNever(propagation, "mount propagation");
  }
}

function propagationToProto(propagation: MountPropagation): ProtoPropagation {
  switch (propagation) {
    case "private":
      return ProtoPropagation.PROPAGATION_PRIVATE;
    case "host-to-container":
      return ProtoPropagation.PROPAGATION_HOST_TO_CONTAINER;
    case "bidirectional":
      return ProtoPropagation.PROPAGATION_BIDIRECTIONAL;
    default:
      return assertNever(propagation, "mount propagation");
  }
}
