/** Longest message of a frame. @see https://github.com/containerd/ttrpc/blob/v1.2.7/PROTOCOL.md */
export const maxMessageBytes: number = 4 * 1024 * 1024;

/** Most calls that one connection may have under way on this side. */
export const maxCallsUnderWay: number = 1024;

/** Messages of a stream that wait for a slow reader before the whole connection has to: ttrpc has no other brake. */
export const maxMessagesWaiting: number = 16;
