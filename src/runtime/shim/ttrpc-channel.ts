import type { Host } from "#host";
import { TtrpcClient } from "#wire";
import type { RpcChannel } from "./rpc-channel.ts";

/** The key of the namespace in what goes along with a call. */
const namespaceKey = "containerd-namespace-ttrpc";

/** Connects to a shim that speaks ttrpc. */
export async function openTtrpcChannel(
  { sockets }: Pick<Host, "sockets">,
  socketPath: string,
  namespace: string,
): Promise<RpcChannel> {
  const client = new TtrpcClient(await sockets.connectStream(socketPath));
  const metadata = { [namespaceKey]: namespace };
  return {
    call: (method, payload, { signal, timeoutMs }) =>
      client.call(
        { ...method, payload, metadata, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
        signal === undefined ? {} : { signal },
      ),
    closed: client.closed,
    close: () => client.close(),
  };
}
