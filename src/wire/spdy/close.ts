/** Why a stream is reset, as RST_STREAM numbers it. */
export const resetStatus = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
} as const;

export type ResetStatus = (typeof resetStatus)[keyof typeof resetStatus];

/** Why a session ends, as GOAWAY numbers it. */
export const goAwayStatus = { ok: 0, protocolError: 1, internalError: 2 } as const;

export type GoAwayStatus = (typeof goAwayStatus)[keyof typeof goAwayStatus];
