import { Agent, type ClientRequest, request } from "node:http";
import { request as requestTls, Agent as TlsAgent } from "node:https";
import { Fault } from "#foundation";

/** A collector answers within this time, or it gets the batch again. */
const sendTimeoutMs = 10_000;
/** What a collector says "later" with. */
const laterStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Sends one batch; resolves when it is taken. @throws Fault `unavailable` when it may be sent again, `invalid` when not */
export interface BatchSender {
  send(body: string): Promise<void>;
  close(): void;
}

/** A sender to `/v1/traces` of a collector, over one connection that is kept. */
export function createSender(endpoint: string): BatchSender {
  const url = new URL(`${endpoint.replace(/\/+$/, "")}/v1/traces`);
  const isTls = url.protocol === "https:";
  const agent = isTls
    ? new TlsAgent({ keepAlive: true, maxSockets: 1 })
    : new Agent({ keepAlive: true, maxSockets: 1 });
  const act = `send traces to ${url.href}`;
  return {
    send: async (body) => {
      const options = { agent, method: "POST", signal: AbortSignal.timeout(sendTimeoutMs) };
      const status = await statusOf(isTls ? requestTls(url, options) : request(url, options), body, act);
      if (laterStatuses.has(status)) throw new Fault("unavailable", `${act}: it answered ${status}`);
      if (status < 200 || status > 299) throw new Fault("invalid", `${act}: it answered ${status}`);
    },
    close: () => agent.destroy(),
  };
}

function statusOf(call: ClientRequest, body: string, act: string): Promise<number> {
  return new Promise((resolve, reject) => {
    call.setHeader("Content-Type", "application/json");
    call.setHeader("Content-Length", Buffer.byteLength(body));
    call.on("error", (cause) => reject(new Fault("unavailable", `${act}: ${cause.message}`, { cause })));
    call.on("response", (answer) => {
      answer.resume();
      answer.on("error", (cause) => reject(new Fault("unavailable", `${act}: ${cause.message}`, { cause })));
      answer.on("end", () => resolve(answer.statusCode ?? 0));
    });
    call.end(body);
  });
}
