import { create, createFileRegistry, type DescMethod, type DescService, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, file_google_protobuf_wrappers, StringValueSchema } from "@bufbuild/protobuf/wkt";
import { expect, test } from "vitest";
import { EncodedMessage } from "./encoded-message.ts";
import { type GrpcMethod, type GrpcService, toGrpcService } from "./grpc-service.ts";

const stringType = ".google.protobuf.StringValue";

function methodOf(name: string): GrpcMethod<DescMethod> {
  const method = echoService()[name];
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

/** A service that repeats a text, once or many times. */
function echoService(): GrpcService<DescService> {
  const file = create(FileDescriptorProtoSchema, {
    name: "echo.proto",
    package: "echo.v1",
    syntax: "proto3",
    dependency: [file_google_protobuf_wrappers.proto.name],
    service: [
      {
        name: "EchoService",
        method: [
          { name: "SayOnce", inputType: stringType, outputType: stringType },
          { name: "SayOften", inputType: stringType, outputType: stringType, serverStreaming: true },
        ],
      },
    ],
  });
  const service = createFileRegistry(file, () => file_google_protobuf_wrappers.proto).getService("echo.v1.EchoService");
  if (service === undefined) throw new Error("the descriptor has no service");
  return toGrpcService(service);
}

test("toGrpcService() has every RPC of a service, by its name in code", () => {
  expect(Object.keys(echoService())).toEqual(["sayOnce", "sayOften"]);
});

test("toGrpcService() names each RPC by its package, service and method", () => {
  expect(methodOf("sayOnce").path).toBe("/echo.v1.EchoService/SayOnce");
});

test("toGrpcService() tells streams of answers from single ones", () => {
  expect(methodOf("sayOnce")).toMatchObject({ requestStream: false, responseStream: false });
  expect(methodOf("sayOften")).toMatchObject({ requestStream: false, responseStream: true });
});

test("toGrpcService() decodes what it encoded", () => {
  const method = methodOf("sayOnce");
  const message = create(StringValueSchema, { value: "hällo" });

  const bytes = method.requestSerialize(message);

  expect(bytes).toBeInstanceOf(Buffer);
  expect(method.requestDeserialize(bytes)).toEqual(message);
  expect(method.responseDeserialize(method.responseSerialize(message))).toEqual(message);
});

test("toGrpcService() drops fields that this version of the API does not know", () => {
  const unknownField = Buffer.from([0xc2, 0x3e, 0x01, 0x78]); // number 1000, text "x"

  expect(methodOf("sayOnce").requestDeserialize(unknownField)).toEqual(create(StringValueSchema));
});

test("toGrpcService() sends an answer that is encoded already as it is, its parts in one", () => {
  const method = methodOf("sayOnce");
  const parts = ["first", "last"].map((value) => toBinary(StringValueSchema, create(StringValueSchema, { value })));

  const bytes = method.responseSerialize(new EncodedMessage(StringValueSchema, parts));

  expect(bytes).toEqual(Buffer.concat(parts));
  expect(method.responseDeserialize(bytes)).toEqual(create(StringValueSchema, { value: "last" }));
});
