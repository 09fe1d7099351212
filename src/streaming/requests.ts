import type { WantedStreams } from "#spec";
import { badRequest } from "./faults.ts";
import type { AttachRequest, ExecRequest, PortForwardRequest } from "./types.ts";

/** What a URL was given out for. */
export type StreamRequest =
  | { readonly kind: "exec"; readonly request: ExecRequest }
  | { readonly kind: "attach"; readonly request: AttachRequest }
  | { readonly kind: "portforward"; readonly request: PortForwardRequest };

/** @throws Fault `invalid` */
export function assertExecRequest(request: ExecRequest): void {
  if (request.command.length === 0) throw badRequest("exec", "no command");
  assertStreams("exec", request);
}

/** @throws Fault `invalid` */
export function assertAttachRequest(request: AttachRequest): void {
  assertStreams("attach", request);
}

/** @throws Fault `invalid` */
export function assertPortForwardRequest({ ports }: PortForwardRequest): void {
  const wrong = ports.find((port) => !isPort(port));
  if (wrong !== undefined) throw badRequest("port-forward", `${wrong} is not a port`);
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function assertStreams(act: string, { tty, stdin, stdout, stderr }: WantedStreams): void {
  if (!stdin && !stdout && !stderr) throw badRequest(act, "one of stdin, stdout and stderr must be wanted");
  if (tty && stderr) throw badRequest(act, "a terminal has no stderr of its own");
}
