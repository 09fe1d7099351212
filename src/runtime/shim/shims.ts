import { Joinable } from "#foundation";
import type { Host } from "#host";
import type { ShimAddress } from "#spec";
import type { RpcChannel } from "./rpc-channel.ts";
import { ShimClient } from "./shim-client.ts";
import { openTtrpcChannel } from "./ttrpc-channel.ts";

/** The namespace that all of crisp's containers are in, by the name that shims and their tools expect of Kubernetes. */
export const shimNamespace = "k8s.io";

/**
 * The connections to shims, one each, made when they are needed.
 *
 * Closing them leaves the shims running.
 */
export class Shims {
  readonly #host: Pick<Host, "sockets">;
  readonly #clients = new Map<string, ShimClient>();
  readonly #opening = new Joinable<ShimClient>();
  #isClosed = false;

  constructor(host: Pick<Host, "sockets">) {
    this.#host = host;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @throws Fault `not-found` or `unavailable` when nobody listens there */
  async get(address: ShimAddress): Promise<ShimClient> {
    return (
      this.#clients.get(address.socketPath) ?? (await this.#opening.join(address.socketPath, () => this.#open(address)))
    );
  }

  /** Lets go of a connection whose shim is not needed any more. */
  forget({ socketPath }: ShimAddress): void {
    this.#clients.get(socketPath)?.close();
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.values()) client.close();
  }

  async #open(address: ShimAddress): Promise<ShimClient> {
    const client = new ShimClient(await openChannel(this.#host, address), address.version);
    this.#clients.set(address.socketPath, client);
    void client.closed.then(() => {
      if (this.#clients.get(address.socketPath) === client) this.#clients.delete(address.socketPath);
    });
    return client;
  }
}

/** The library for gRPC is loaded with the first shim that speaks it. */
async function openChannel(host: Pick<Host, "sockets">, { protocol, socketPath }: ShimAddress): Promise<RpcChannel> {
  if (protocol === "ttrpc") return await openTtrpcChannel(host, socketPath, shimNamespace);
  const { openGrpcChannel } = await import("./grpc-channel.ts");
  return openGrpcChannel(socketPath, shimNamespace);
}
