import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema, EmptySchema } from "@bufbuild/protobuf/wkt";
import { Fault, isFault, messageOf, settlesWithin } from "#foundation";
import { TaskOOMSchema } from "#proto/containerd/events/task_pb.js";
import { Events, ForwardRequestSchema } from "#proto/containerd/events/v1/events_pb.js";
import { TtrpcServer, type TtrpcServerCall } from "#wire";
import type { ContainerRef } from "../types.ts";
import { EventSpool, maxEventBytes, type Taken } from "./event-spool.ts";
import { newsByMs } from "./news-of-end.ts";
import type { ShimContext } from "./options.ts";
import { shimFiles } from "./shim-files.ts";

/** Several events at once are one look. */
const settleMs = 20;

/** The socket at which crisp takes the events of a handler's shims. */
export function eventsSocket(root: string): string {
  return join(root, "events.sock");
}

/** Directory of the events that shims have told by a program. */
export function eventsDirectory(root: string): string {
  return join(root, "events");
}

/**
 * Takes what shims tell by themselves: at a socket, or by a program that puts it into a directory.
 *
 * Ends are not among what counts: they are asked for, which works whether crispd ran or not. That the kernel killed a
 * container for its memory is told here alone by shims whose cgroups are not this machine's.
 *
 * Invariants: an event whose teller was answered is marked in its container's bundle or lies in the directory; an event is
 * dropped for want of its container only once all containers that an earlier daemon left are known.
 */
export class ShimEvents {
  readonly #context: Pick<ShimContext, "host" | "logger" | "settings">;
  readonly #spool: EventSpool;
  readonly #bundles = new Map<string, string>();
  readonly #connections = new Set<TtrpcServer>();
  readonly #left = new Set<string>();
  readonly #killed = new Set<string>();
  /** Those who wait for what is told of a container. */
  readonly #awaiting = new Map<string, () => void>();
  #listensSinceMs = 0;
  #knowsAll = false;

  constructor(context: Pick<ShimContext, "host" | "logger" | "settings">) {
    this.#context = context;
    this.#spool = new EventSpool(context, eventsDirectory(context.settings.root));
  }

  /** Listens from now on, and takes what was put into the directory before. */
  async listen(): Promise<{ close(): Promise<void> }> {
    const { host, logger, settings } = this.#context;
    await this.#spool.open();
    this.#listensSinceMs = Date.now();
    const listener = await host.sockets.listenStream(eventsSocket(settings.root), (transport) => {
      const server = new TtrpcServer(transport, { unary: (call) => this.#forward(call) });
      this.#connections.add(server);
      transport.once("close", () => this.#connections.delete(server));
    });
    const watch = host.files.watchDirectory(eventsDirectory(settings.root), {
      settleMs,
      onChange: () => void this.catchUp(),
      onError: (error) => logger.error("cannot watch for events of shims", { error }),
    });
    return {
      close: async () => {
        watch.close();
        await listener.close();
        for (const server of this.#connections) server.close();
        for (const isTold of this.#awaiting.values()) isTold();
        await this.#spool.settled();
      },
    };
  }

  /** Notes where to write down what is told of a container. */
  know(id: string, bundleDirectory: string): void {
    this.#bundles.set(id, bundleDirectory);
  }

  /** Of a container that is removed; what is still told of it is of nobody. */
  forget(id: string): void {
    this.#killed.delete(id);
    if (this.#knowsAll) this.#bundles.delete(id);
    else this.#left.add(id);
  }

  /** That a container ends with SIGKILL is no wonder from now on. */
  noteKill(id: string): void {
    this.#killed.add(id);
  }

  /** All containers that an earlier daemon left are known from now on: what is told of another one is of nobody. */
  knowAll(): void {
    if (this.#knowsAll) return;
    this.#knowsAll = true;
    for (const id of this.#left) this.#bundles.delete(id);
    void this.catchUp();
  }

  /** Whether the kernel has killed a container for its memory, as far as its shim has told. */
  async hasToldOom({ bundleDirectory }: ContainerRef): Promise<boolean> {
    await this.catchUp();
    return await this.#isMarked(bundleDirectory);
  }

  /**
   * The same of a container that was ended by SIGKILL, and not by crisp: waits for news that are late, and for what a shim
   * that has told in vain, while nobody listened, tells again.
   *
   * @param atMs when it ended
   */
  async willTellOom({ id, bundleDirectory }: ContainerRef, atMs: number): Promise<boolean> {
    if (!this.#killed.has(id))
      await this.#untilTold(id, bundleDirectory, newsByMs(atMs, this.#listensSinceMs) - Date.now());
    return await this.#isMarked(bundleDirectory);
  }

  /** Returns when all is taken that lay in the directory. Never throws: what cannot be taken is tried again at the next look. */
  async catchUp(): Promise<void> {
    try {
      await this.#spool.drain((event) => this.#takeKept(event));
    } catch (error) {
      this.#context.logger.error("cannot take events of shims", { error });
    }
  }

  async #untilTold(id: string, bundleDirectory: string, leftMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaiting.set(id, resolve);
    if (leftMs > 0 && !(await this.#isMarked(bundleDirectory))) await settlesWithin(promise, leftMs);
    this.#awaiting.delete(id);
  }

  async #forward({ service, method, payload }: TtrpcServerCall): Promise<Uint8Array> {
    if (service !== Events.typeName || method !== Events.method.forward.name) {
      throw new Fault("unsupported", `${service}/${method}: there are only events here`);
    }
    const { envelope } = fromBinary(ForwardRequestSchema, payload, { readUnknownFields: false });
    if (envelope?.event !== undefined && (await this.#take(envelope.event)) === "stays") {
      await this.#keep(toBinary(AnySchema, envelope.event));
    }
    return toBinary(EmptySchema, { $typeName: EmptySchema.typeName });
  }

  async #keep(event: Uint8Array): Promise<void> {
    const isKept = event.length <= maxEventBytes && (await this.#spool.put(event));
    if (!isKept) throw new Fault("exhausted", "there are too many events, or this one is too long");
  }

  async #takeKept(event: Uint8Array): Promise<Taken> {
    try {
      return await this.#take(fromBinary(AnySchema, event, { readUnknownFields: false }));
    } catch (error) {
      // What the machine refuses is no fault of the event's.
      if (error instanceof Fault && error.kind !== "invalid") throw error;
      return { problem: messageOf(error) };
    }
  }

  /** @throws when it is not what it says, or cannot be written down */
  async #take({ typeUrl, value }: Any): Promise<Exclude<Taken, object>> {
    if (typeUrl === "") throw new Fault("invalid", "it does not say of what kind it is");
    this.#context.logger.debug("event of a shim", { type: typeUrl });
    if (!typeUrl.endsWith(TaskOOMSchema.typeName)) return "done";
    const { containerId } = fromBinary(TaskOOMSchema, value, { readUnknownFields: false });
    const bundle = this.#bundles.get(containerId);
    if (bundle === undefined && !this.#knowsAll) return "stays";
    if (bundle === undefined || !(await this.#markOom(bundle))) {
      this.#context.logger.debug("event of a container that is not there", { containerId });
    }
    this.#awaiting.get(containerId)?.();
    return "done";
  }

  async #isMarked(bundleDirectory: string): Promise<boolean> {
    return (await this.#context.host.files.stat(shimFiles(bundleDirectory).oom)) !== undefined;
  }

  /** False when the container has been removed meanwhile. */
  async #markOom(bundle: string): Promise<boolean> {
    try {
      await this.#context.host.files.write(shimFiles(bundle).oom, "");
      return true;
    } catch (error) {
      if (isFault(error, "not-found")) return false;
      throw error;
    }
  }
}
