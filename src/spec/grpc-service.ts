import { type DescMethod, type DescService, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { asBuffer, EncodedMessage } from "./encoded-message.ts";

/** Largest message that both sides of CRI accept: what kubelet and containerd allow. */
export const grpcMessageLimitBytes: number = 16 * 1024 * 1024;

/**
 * One RPC as grpc-js wants it, for clients (`makeUnaryRequest`) and servers
 * (`Server.addService`) alike.
 */
export interface GrpcMethod<Method extends DescMethod> {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (message: MessageShape<Method["input"]>) => Buffer;
  readonly requestDeserialize: (bytes: Uint8Array) => MessageShape<Method["input"]>;
  readonly responseSerialize: (message: ResponseOf<Method>) => Buffer;
  readonly responseDeserialize: (bytes: Uint8Array) => MessageShape<Method["output"]>;
}

/** What an RPC may be answered with: a message, or one that is encoded already. */
export type ResponseOf<Method extends DescMethod> = MessageShape<Method["output"]> | EncodedMessage<Method["output"]>;

/** The RPCs of a service by their names in code: `runPodSandbox`. */
export type GrpcService<Service extends DescService> = {
  readonly [Name in keyof Service["method"]]: GrpcMethod<Service["method"][Name]>;
};

/**
 * Maps a generated service descriptor to what grpc-js calls a service definition.
 *
 * Fields that this version of the API does not know are dropped on decoding:
 * nothing here passes a foreign message on.
 *
 * @example
 * server.addService(toGrpcService(RuntimeService), { version: (call, reply) => reply(null, answer) });
 */
export function toGrpcService<Service extends DescService>(service: Service): GrpcService<Service> {
  const entries = Object.entries(service.method).map(([name, method]) => [name, toGrpcMethod(method)] as const);
  return Object.fromEntries(entries) as unknown as GrpcService<Service>;
}

/** Maps one method of a generated service descriptor, see {@link toGrpcService}. */
export function toGrpcMethod<Method extends DescMethod>(method: Method): GrpcMethod<Method> {
  const input: Method["input"] = method.input;
  const output: Method["output"] = method.output;
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: (message) => asBuffer(toBinary(input, message)),
    requestDeserialize: (bytes) => fromBinary(input, bytes, withoutUnknownFields),
    responseSerialize: (message) =>
      message instanceof EncodedMessage ? message.join() : asBuffer(toBinary(output, message)),
    responseDeserialize: (bytes) => fromBinary(output, bytes, withoutUnknownFields),
  };
}

const withoutUnknownFields = { readUnknownFields: false } as const;
