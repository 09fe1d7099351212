import { AdminService } from "#proto/crisp/v1/admin_pb.js";
import { createContext, createServiceClient } from "./service-client.ts";
import type { CallRecord, ServiceClient } from "./types.ts";

export interface AdminClientOptions {
  readonly endpoint: string;
  /** Deadline of a unary call that sets none; 0: none. */
  readonly timeoutMs: number;
  /** Told of every call that ended: debug output. */
  readonly onCall?: (record: CallRecord) => void;
}

/** crisp's own questions to a crispd; another runtime answers each with a Fault `unsupported`. */
export type AdminClient = ServiceClient<typeof AdminService> & {
  /** Closes the connection; calls that still run fail. */
  close(): void;
};

/** @throws Fault `invalid` when the endpoint is not a unix socket */
export function createAdminClient(options: AdminClientOptions): AdminClient {
  const context = createContext(options, options.endpoint);
  return { ...createServiceClient(context, AdminService), close: () => context.channel.grpc.close() };
}
