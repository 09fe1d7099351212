import type { DescMethod, DescService, MessageShape } from "@bufbuild/protobuf";
import type { ResponseOf } from "#spec";
import type { StreamHandler } from "./stream-call.ts";
import type { Handler } from "./unary-call.ts";

/** Handlers of a service by method name; a method without one is not built yet. */
export type Handlers<Service extends DescService> = {
  readonly [Method in keyof Service["method"]]?: Service["method"][Method] extends {
    readonly methodKind: "server_streaming";
  }
    ? StreamHandler<Input<Service["method"][Method]>, ResponseOf<Service["method"][Method]>>
    : Handler<Input<Service["method"][Method]>, ResponseOf<Service["method"][Method]>>;
};

type Input<Method extends DescMethod> = MessageShape<Method["input"]>;
