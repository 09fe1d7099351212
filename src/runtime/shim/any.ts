import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";

/** Documents of the OCI runtime specification, as containerd names them inside of messages. */
const ociPrefix = "types.containerd.io/opencontainers/runtime-spec/1/";

/** A document of the OCI runtime specification, whose text is given. */
export function anyOfOci(kind: "Process" | "Spec" | "LinuxResources", json: string): Any {
  return create(AnySchema, { typeUrl: `${ociPrefix}${kind}`, value: Buffer.from(json) });
}

/** A message, named as containerd does it: without a prefix. */
export function anyOf<Schema extends DescMessage>(schema: Schema, init: MessageInitShape<Schema>): Any {
  const message: MessageShape<Schema> = create(schema, init);
  return create(AnySchema, { typeUrl: schema.typeName, value: toBinary(schema, message) });
}
