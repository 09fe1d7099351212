/** Why a WebSocket ends, as RFC 6455 numbers it (7.4.1). */
export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  tooBig: 1009,
  internalError: 1011,
} as const;

export type CloseCode = (typeof closeCode)[keyof typeof closeCode];

/** Whether a peer may say this code: some are for this side's use alone, others belong to nobody. */
export function isSayable(code: number): boolean {
  const isDefined = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  return isDefined || (code >= 3000 && code <= 4999);
}
