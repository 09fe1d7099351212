import { Fault, messageOf } from "#foundation";

/** The code of a failed connection; empty when it is something else. */
export function errnoOfNetwork(thrown: unknown): string {
  if (thrown instanceof Fault && thrown.cause !== undefined) return errnoOfNetwork(thrown.cause);
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}

/** Why there was no answer, in words an operator can use. */
export function describeNetworkError(thrown: unknown): string {
  if (thrown instanceof Fault) return thrown.message;
  // Several addresses of one name, all of which failed.
  if (thrown instanceof AggregateError) return [...new Set(thrown.errors.map(describeNetworkError))].join(", ");
  switch (errnoOfNetwork(thrown)) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
      return "connection reset";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name cannot be resolved";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no route to it";
    case "EPROTO":
      return "it does not speak TLS";
    default:
      return messageOf(thrown);
  }
}
