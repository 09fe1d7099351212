import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { Fault } from "#foundation";
import { TaskOOMSchema } from "#proto/containerd/events/task_pb.js";
import { Events, ForwardRequestSchema } from "#proto/containerd/events/v1/events_pb.js";
import { TtrpcServer, type TtrpcServerCall } from "#wire";
import type { ShimContext } from "./options.ts";
import { shimFiles } from "./shim-files.ts";
import { eventsSocket } from "./shim-program.ts";

/**
 * Takes what shims tell by themselves.
 *
 * Ends are not among what counts: they are asked for, which works whether crispd ran or not. That the kernel killed a
 * container for its memory is told here alone by shims whose cgroups are not this machine's.
 */
export class ShimEvents {
  readonly #context: Pick<ShimContext, "host" | "logger" | "settings">;
  readonly #bundles = new Map<string, string>();
  readonly #connections = new Set<TtrpcServer>();

  constructor(context: Pick<ShimContext, "host" | "logger" | "settings">) {
    this.#context = context;
  }

  /** Listens; what was sent while nobody did is lost. */
  async listen(): Promise<{ close(): Promise<void> }> {
    const { host, settings } = this.#context;
    const listener = await host.sockets.listenStream(eventsSocket(settings.root), (transport) => {
      const server = new TtrpcServer(transport, { unary: (call) => this.#take(call) });
      this.#connections.add(server);
      transport.once("close", () => this.#connections.delete(server));
    });
    return {
      close: async () => {
        await listener.close();
        for (const server of this.#connections) server.close();
      },
    };
  }

  /** Notes where to write down what is told of a container. */
  know(id: string, bundleDirectory: string): void {
    this.#bundles.set(id, bundleDirectory);
  }

  forget(id: string): void {
    this.#bundles.delete(id);
  }

  async #take({ service, method, payload }: TtrpcServerCall): Promise<Uint8Array> {
    if (service !== Events.typeName || method !== Events.method.forward.name) {
      throw new Fault("unsupported", `${service}/${method}: there are only events here`);
    }
    const { envelope } = fromBinary(ForwardRequestSchema, payload, { readUnknownFields: false });
    this.#context.logger.debug("event of a shim", { topic: envelope?.topic });
    if (envelope?.event?.typeUrl.endsWith(TaskOOMSchema.typeName) === true) await this.#markOom(envelope.event.value);
    return toBinary(EmptySchema, { $typeName: EmptySchema.typeName });
  }

  async #markOom(event: Uint8Array): Promise<void> {
    const { containerId } = fromBinary(TaskOOMSchema, event);
    const bundle = this.#bundles.get(containerId);
    if (bundle !== undefined) await this.#context.host.files.write(shimFiles(bundle).oom, "");
  }
}
