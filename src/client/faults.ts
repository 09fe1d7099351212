import { Fault } from "#foundation";
import { kindOfGrpcCode } from "#spec";
import type { Endpoint } from "./endpoint.ts";

/** What a failed attempt to connect to the socket says. */
export type ConnectProblem = "ENOENT" | "EACCES" | "ECONNREFUSED" | "other";

/** When the server answered with a gRPC status other than OK. */
export function refusedByServer(method: string, code: number, details: string): Fault {
  const message = details === "" ? `${method}: the server answered with gRPC code ${code}` : details;
  return new Fault(kindOfGrpcCode(code), message, {
    reason: { code: "client.refused", method, grpcCode: code },
  });
}

/** When no server could be reached at the endpoint. */
export function unreachable(method: string, endpoint: Endpoint, problem: ConnectProblem, details: string): Fault {
  return new Fault("unavailable", `${method}: cannot reach ${endpoint.url}: ${adviceFor(problem, details)}`, {
    reason: { code: "client.unreachable", method, endpoint: endpoint.url, problem },
  });
}

/** When the caller canceled, or the deadline passed before the server answered. */
export function gaveUp(kind: "canceled" | "timed-out", method: string, endpoint: Endpoint, afterMs: number): Fault {
  const what = kind === "canceled" ? "canceled" : `no answer from ${endpoint.url}`;
  return new Fault(kind, `${method}: ${what} after ${Math.round(afterMs)} ms`, {
    reason: { code: "client.gave-up", method, endpoint: endpoint.url },
  });
}

/** When a streaming server refuses to become what it was asked to become. */
export function notUpgraded(status: number, text: string): Fault {
  const kind = status === 404 ? "not-found" : status === 403 ? "unsupported" : "unavailable";
  return new Fault(kind, `the streaming server answered ${status}: ${text.trim()}`, {
    reason: { code: "client.not-upgraded", status },
  });
}

/** When a streaming server cannot be reached, or hangs up before its time. */
export function streamLost(what: string, cause?: unknown): Fault {
  return new Fault("unavailable", what, {
    reason: { code: "client.stream-lost" },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** When the server says why a process or a connection failed. */
export function failedRemotely(message: string): Fault {
  return new Fault("broken", message, { reason: { code: "client.failed-remotely" } });
}

function adviceFor(problem: ConnectProblem, details: string): string {
  switch (problem) {
    case "ENOENT":
      return "the socket does not exist (is the daemon running, and is the endpoint right?)";
    case "EACCES":
      return "permission denied (the socket belongs to root: try it as root)";
    case "ECONNREFUSED":
      return "nobody listens on the socket (has the daemon stopped?)";
    case "other":
      return details;
  }
}
