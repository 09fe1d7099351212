import { badSpdy } from "./faults.ts";
import { type ControlFrame, frameType, mask31 } from "./frame.ts";

/** A control frame by what it says. Header blocks stay packed: they must be read in order, whoever they are for. */
export type Control =
  | { readonly kind: "syn-stream"; readonly streamId: number; readonly block: Buffer }
  | { readonly kind: "syn-reply"; readonly streamId: number; readonly block: Buffer }
  | { readonly kind: "headers"; readonly streamId: number; readonly block: Buffer }
  | { readonly kind: "rst-stream"; readonly streamId: number; readonly status: number }
  | { readonly kind: "settings"; readonly initialWindow: number | undefined }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "go-away"; readonly status: number }
  | { readonly kind: "window-update"; readonly streamId: number; readonly delta: number }
  | { readonly kind: "unknown" };

const settingBytes = 8;
const initialWindowSetting = 7;

/** @throws Fault `invalid` for a frame that has not the length of its type */
export function decodeControl({ type, payload }: ControlFrame): Control {
  switch (type) {
    case frameType.synStream:
      return { kind: "syn-stream", streamId: streamIdOf(payload, 10), block: payload.subarray(10) };
    case frameType.synReply:
      return { kind: "syn-reply", streamId: streamIdOf(payload, 4), block: payload.subarray(4) };
    case frameType.headers:
      return { kind: "headers", streamId: streamIdOf(payload, 4), block: payload.subarray(4) };
    case frameType.rstStream:
      return { kind: "rst-stream", streamId: streamIdOf(payload, 8), status: payload.readUInt32BE(4) };
    case frameType.settings:
      return { kind: "settings", initialWindow: initialWindowOf(payload) };
    case frameType.ping:
      return { kind: "ping", id: wordOf(payload, 4) };
    case frameType.goAway:
      wordOf(payload, 8);
      return { kind: "go-away", status: payload.readUInt32BE(4) };
    case frameType.windowUpdate: {
      const streamId = wordOf(payload, 8) & mask31;
      return { kind: "window-update", streamId, delta: payload.readUInt32BE(4) & mask31 };
    }
    default:
      return { kind: "unknown" };
  }
}

/** The first word of a payload that has at least `bytes`. */
function wordOf(payload: Buffer, bytes: number): number {
  if (payload.length < bytes) throw badSpdy(`a control frame has ${payload.length} bytes, ${bytes} are the least`);
  return payload.readUInt32BE(0);
}

function streamIdOf(payload: Buffer, bytes: number): number {
  const streamId = wordOf(payload, bytes) & mask31;
  if (streamId === 0) throw badSpdy("a control frame names no stream");
  return streamId;
}

/** The one setting that matters here; each is a byte of flags, an id of 24 bits and a value. */
function initialWindowOf(payload: Buffer): number | undefined {
  const count = wordOf(payload, 4);
  if (payload.length !== 4 + count * settingBytes) throw badSpdy(`settings say ${count}, and are more or less`);
  let initialWindow: number | undefined;
  for (let at = 4; at < payload.length; at += settingBytes) {
    if (payload.readUIntBE(at + 1, 3) === initialWindowSetting) initialWindow = payload.readUInt32BE(at + 4) & mask31;
  }
  return initialWindow;
}
