import type { FakeHost, FakeProcess } from "#host";
import { place, reopenSignal } from "./state.ts";

/**
 * Teaches a machine of memory the log writer: one that is done from the beginning, ends by a signal, and answers to a
 * reopening with this errno; 0 when it can.
 */
export function scriptLogWriter(host: FakeHost, reopenErrno: () => number = () => 0): void {
  host.processes.script(({ program, args }) => {
    if (!program.endsWith("/log-writer")) return undefined;
    const directory = args[1]?.slice("--log-of=".length) ?? "";
    return async (process: FakeProcess) => {
      const change = changerOf(host, `${directory}/log-writer.state`);
      process.trap(reopenSignal, () => void change((state) => answer(state, reopenErrno())));
      await change((state) => void state.writeBigInt64LE(1n, place.isDone));
      await process.ended;
      return {};
    };
  });
}

function changerOf(host: FakeHost, path: string): (change: (state: Buffer) => void) => Promise<void> {
  return async (change) => {
    const state = await host.files.read(path);
    change(state);
    await host.files.write(path, state);
  };
}

function answer(state: Buffer, errno: number): void {
  state.writeBigInt64LE(state.readBigInt64LE(place.reopens) + 1n, place.reopens);
  state.writeBigInt64LE(BigInt(-errno), place.opened);
}
