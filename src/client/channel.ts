import { connect } from "node:net";
import { Client, connectivityState, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { type Fault, faultOfAbort } from "#foundation";
import { grpcMessageLimitBytes } from "#spec";
import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import { type ConnectProblem, gaveUp, refusedByServer, unreachable } from "./faults.ts";

/**
 * Answers may be larger than what servers accept: the two outputs of ExecSync
 * have 16 MiB each.
 */
const answerLimitBytes = 4 * grpcMessageLimitBytes;

/** Time to find out why a connection failed. */
const probeTimeoutMs = 1_000;

/** One gRPC connection, made at the first call and again after it broke. */
export interface Channel {
  readonly endpoint: Endpoint;
  readonly grpc: Client;
}

/** A finished call that failed, with what is needed to say why. */
export interface FailedCall {
  readonly method: string;
  readonly error: ServiceError;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number;
  readonly elapsedMs: number;
}

/** The metrics of a full node are some MiB: with HTTP/2's 64 KiB, a server waits for our word of each piece. */
const windowBytes = 4 * 1024 * 1024;

/** @throws Fault `invalid` when the endpoint is not a unix socket */
export function createChannel(endpointText: string): Channel {
  const endpoint = parseEndpoint(endpointText);
  const grpc = new Client(`unix:${endpoint.socketPath}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": answerLimitBytes,
    "grpc.max_send_message_length": grpcMessageLimitBytes,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1_000,
    "grpc.enable_http_proxy": 0,
    "grpc-node.flow_control_window": windowBytes,
  });
  return { endpoint, grpc };
}

/**
 * The fault that a failed call means.
 *
 * gRPC says UNAVAILABLE both when nobody is there and when a server says so of
 * itself; only the state of the connection tells the two apart.
 */
export async function faultOfCall(channel: Channel, call: FailedCall): Promise<Fault> {
  const { method, error, signal } = call;
  if (signal?.aborted === true) return faultOfAbort(method, signal);
  if (error.code === status.DEADLINE_EXCEEDED && call.timeoutMs > 0 && call.elapsedMs >= call.timeoutMs) {
    return gaveUp("timed-out", method, channel.endpoint, call.elapsedMs);
  }
  if (error.code === status.UNAVAILABLE && !isConnected(channel)) {
    return unreachable(method, channel.endpoint, await probe(channel.endpoint), error.details);
  }
  return refusedByServer(method, error.code, error.details);
}

function isConnected(channel: Channel): boolean {
  return channel.grpc.getChannel().getConnectivityState(false) === connectivityState.READY;
}

/** Connects once more, only to learn the reason that the system gives. */
function probe(endpoint: Endpoint): Promise<ConnectProblem> {
  return new Promise((resolve) => {
    const socket = connect(endpoint.socketPath);
    const finish = (problem: ConnectProblem): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(probeTimeoutMs, () => finish("other"));
    socket.once("connect", () => finish("other"));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(problemOfErrno(error.code)));
  });
}

function problemOfErrno(code: string | undefined): ConnectProblem {
  return code === "ENOENT" || code === "EACCES" || code === "ECONNREFUSED" ? code : "other";
}
