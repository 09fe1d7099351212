import { clone, create, type DescField, type DescMessage, type Message, ScalarType } from "@bufbuild/protobuf";
import { type ContainerConfig, NamespaceMode, SecurityProfile_ProfileType } from "#proto/cri/v1/runtime_pb.js";

/** One field of a request, however deep, and a way to set it. */
export interface RequestField {
  /** Names as CRI has them: "linux.security_context.privileged", "mounts.host_path". */
  readonly path: string;
  /** A copy of the request in which the field has another value than CRI's default. */
  readonly change: (request: Message) => Message;
  /** A copy in which it has the default again, and everything around it stays. */
  readonly clear: (request: Message) => Message;
}

/** What a field needs beside it to mean anything, by the field's path. */
const companions: Readonly<Record<string, (request: Message) => void>> = {
  "linux.security_context.namespace_options.target_id": (request) => {
    const options = (request as ContainerConfig).linux?.securityContext?.namespaceOptions;
    if (options !== undefined) options.pid = NamespaceMode.TARGET;
  },
  "linux.security_context.seccomp.localhost_ref": useLocalhostProfile("seccomp"),
  "linux.security_context.apparmor.localhost_ref": useLocalhostProfile("apparmor"),
  "linux.resources.hugepage_limits.page_size": (request) => {
    const limit = (request as ContainerConfig).linux?.resources?.hugepageLimits[0];
    if (limit !== undefined) limit.limit = 4_096n;
  },
  "mounts.image.annotations": nameMountedImage,
  "mounts.image.user_specified_image": nameMountedImage,
  "mounts.image.runtime_handler": nameMountedImage,
  "mounts.image.image_ref": nameMountedImage,
};

function useLocalhostProfile(kind: "seccomp" | "apparmor"): (request: Message) => void {
  return (request) => {
    const profile = (request as ContainerConfig).linux?.securityContext?.[kind];
    if (profile !== undefined) profile.profileType = SecurityProfile_ProfileType.Localhost;
  };
}

function nameMountedImage(request: Message): void {
  const [mount] = (request as ContainerConfig).mounts;
  if (mount?.image !== undefined) mount.image.image = "tools";
}

/** A message as what it is at run time: its fields by their local names. */
type Fields = Record<string, unknown>;

/**
 * Lists every field of a message and of the messages in it. A message that is
 * missing, and the first entry of a list, is made for its fields.
 */
export function listRequestFields(schema: DescMessage): readonly RequestField[] {
  return walk(schema, []).map((steps) => ({
    path: steps.map(({ name }) => name).join("."),
    change: (request) => {
      const changed = withValue(schema, request, { steps, valueOf: sampleOf });
      companions[steps.map(({ name }) => name).join(".")]?.(changed);
      return changed;
    },
    clear: (request) => withValue(schema, request, { steps, valueOf: defaultOf }),
  }));
}

interface Setting {
  readonly steps: readonly DescField[];
  readonly valueOf: (field: DescField) => unknown;
}

function withValue(schema: DescMessage, request: Message, setting: Setting): Message {
  const changed = clone(schema, request);
  setAt(changed as unknown as Fields, setting);
  return changed;
}

function defaultOf(field: DescField): unknown {
  return (create(field.parent) as unknown as Fields)[field.localName];
}

function walk(message: DescMessage, above: readonly DescField[]): readonly (readonly DescField[])[] {
  return message.fields.flatMap((field) => {
    const steps = [...above, field];
    const inner = messageIn(field);
    return inner === undefined || inner.fields.length === 0 ? [steps] : walk(inner, steps);
  });
}

function messageIn(field: DescField): DescMessage | undefined {
  if (field.fieldKind === "message") return field.message;
  return field.fieldKind === "list" && field.listKind === "message" ? field.message : undefined;
}

function setAt(target: Fields, { steps: [field, ...rest], valueOf }: Setting): void {
  if (field === undefined) return;
  const inner = messageIn(field);
  if (inner === undefined || rest.length === 0) {
    target[field.localName] = valueOf(field);
    return;
  }
  setAt(innerOf(target, field, inner), { steps: rest, valueOf });
}

function innerOf(target: Fields, field: DescField, inner: DescMessage): Fields {
  if (field.fieldKind !== "list") return (target[field.localName] ??= create(inner)) as Fields;
  const list = target[field.localName] as Fields[];
  return (list[0] ??= create(inner) as unknown as Fields);
}

function sampleOf(field: DescField): unknown {
  switch (field.fieldKind) {
    case "map":
      return { sample: "sample" };
    case "list":
      return [field.listKind === "scalar" ? scalarSample(field.scalar) : create(field.message as DescMessage)];
    case "enum":
      return field.enum.values.at(-1)?.number;
    case "message":
      return create(field.message);
    default:
      return scalarSample(field.scalar);
  }
}

/** Values that nothing else in a request has. */
function scalarSample(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.BOOL:
      return true;
    case ScalarType.STRING:
      return "sample";
    case ScalarType.BYTES:
      return Buffer.from("sample");
    case ScalarType.INT64:
    case ScalarType.UINT64:
      return 7n;
    default:
      return 7;
  }
}
