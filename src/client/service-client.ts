import type { DescService } from "@bufbuild/protobuf";
import { type CallContext, createEncodedCall, createStreamCall, createUnaryCall } from "./call.ts";
import { createChannel } from "./channel.ts";
import type { CallRecord, EncodedServiceClient, ServiceClient } from "./types.ts";

/** What the calls of one connection share. */
export interface ContextOptions {
  readonly timeoutMs: number;
  readonly onCall?: (record: CallRecord) => void;
}

/** @throws Fault `invalid` when the endpoint is not a unix socket */
export function createContext(options: ContextOptions, endpoint: string): CallContext {
  return { channel: createChannel(endpoint), timeoutMs: options.timeoutMs, onCall: options.onCall };
}

/** A method for each RPC of a service. */
export function createServiceClient<Service extends DescService>(
  context: CallContext,
  service: Service,
): ServiceClient<Service> {
  const calls = service.methods.map((method): [string, unknown] => {
    const isStream = method.methodKind === "server_streaming";
    return [method.localName, isStream ? createStreamCall(context, method) : createUnaryCall(context, method)];
  });
  return Object.fromEntries(calls) as ServiceClient<Service>;
}

/** The same for the RPCs of one answer, which stays encoded. */
export function createEncodedServiceClient<Service extends DescService>(
  context: CallContext,
  service: Service,
): EncodedServiceClient<Service> {
  const calls = service.methods
    .filter(({ methodKind }) => methodKind === "unary")
    .map((method): [string, unknown] => [method.localName, createEncodedCall(context, method)]);
  return Object.fromEntries(calls) as EncodedServiceClient<Service>;
}
