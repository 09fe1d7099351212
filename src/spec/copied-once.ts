import { Fault } from "#foundation";

/** Less is not worth the while, and may share its memory: small buffers come from a pool. */
const leastBytes = 64 * 1024;

/**
 * Makes a buffer give its memory back when it is copied, which can be done once then.
 *
 * grpc-js copies each message behind a header of its own. The copied one would wait for the garbage collector, which is
 * called all the sooner for memory outside of its heap: a list of megabytes at each scrape.
 *
 * @param bytes whose memory nobody else uses
 */
export function copiedOnce(bytes: Buffer): Buffer {
  const { buffer } = bytes;
  if (bytes.length < leastBytes || !(buffer instanceof ArrayBuffer)) return bytes;
  const { length } = bytes;
  const copy = bytes.copy.bind(bytes);
  return Object.assign(bytes, {
    copy: (target: Uint8Array, targetStart = 0): number => {
      if (buffer.detached) throw new Fault("broken", "a message that was sent is sent again");
      const copied = copy(target, targetStart);
      if (copied === length) buffer.transfer(0);
      return copied;
    },
  });
}
