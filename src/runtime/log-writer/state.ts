/** Most retries of a write that failed, before what is to be written is dropped: ten a second. */
const triesPerSecond = 10;

/**
 * Where everything is in the file that is a log writer's memory, in bytes. A writer that is killed leaves all that it held in
 * there to the next one.
 */
export const place = {
  /** How often a write may fail in a row before what is to be written is dropped. */
  patience: 0,
  /** How often it has. */
  failures: 8,
  /** Bytes that were dropped. */
  lost: 16,
  /** 1 when the monitor has ended and everything is written. */
  isDone: 24,
  /** How often the log was asked to be reopened; and what came of the last time: a descriptor, or a negative errno. */
  reopens: 32,
  opened: 40,
  /** Bytes of the log file, as the writer knows it. */
  size: 48,
  /** Of the bytes held: the first that is not written, the end of the last whole line, the end of all. */
  next: 56,
  lines: 64,
  end: 72,
  /** Bytes that are being read now; 0 when none are. */
  reading: 80,
  /** For a moment: a number of bytes, a byte that is looked at, the target of a copy. */
  count: 88,
  look: 96,
  /** What the kernel says is in the pipe. */
  available: 104,
  /** 1 while a half line is taken back for the sake of another file. */
  isReopening: 112,
  /** Address of the log's path. */
  path: 120,
  /** The set of the signals that are commands. */
  commands: 128,
  signals: 136,
  /** struct pollfd: those signals, and the pipe; the kernel's answer is their seventh byte. */
  pollIn: 144,
  pollSignals: 152,
  pollPipe: 160,
  /** struct timespec */
  pause: 168,
  pauseNanos: 176,
  /** struct signalfd_siginfo */
  signal: 184,
  /** What is read and not yet written. */
  held: 512,
  heldEnd: 20_472,
} as const;

/** The held bytes are followed by eight that tell whether a read that was cut off had come to anything. */
const stateBytes = place.heldEnd + 8;

/** Begins a new log file at the same path, after whole lines. Its default is to be ignored, as is the other's: neither can end a writer. */
export const reopenSignal = 23;
/** Waits no longer for a disk that takes nothing, from now on. */
export const hurrySignal = 28;

/** Memory of a log writer that has not begun. All of it is written: a hole on a full disk would be the end of whoever steps on it. */
export function encodeNewState({ waitMs }: { readonly waitMs: number }): Buffer {
  const state = Buffer.alloc(stateBytes);
  const put = (at: number, value: bigint | number): void => void state.writeBigInt64LE(BigInt(value), at);
  put(place.patience, Math.round((waitMs / 1_000) * triesPerSecond));
  for (const at of [place.next, place.lines, place.end]) put(at, place.held);
  put(place.commands, (1n << BigInt(reopenSignal - 1)) | (1n << BigInt(hurrySignal - 1)));
  // POLLIN, in the half behind the descriptor; that of the pipe is 0.
  for (const at of [place.pollIn, place.pollPipe]) put(at, 1n << 32n);
  return state;
}

/** What a log writer tells of itself. */
export interface WriterState {
  readonly lostBytes: number;
  readonly isDone: boolean;
  /** Its disk takes nothing now, and it still waits for it. */
  readonly isWaiting: boolean;
  /** It waits no longer: what its disk does not take is dropped. */
  readonly isDropping: boolean;
  readonly reopens: number;
  /** The errno that the last reopening failed with; 0 when it did not. */
  readonly reopenErrno: number;
}

/** Undefined when it is none. */
export function decodeState(state: Buffer): WriterState | undefined {
  if (state.length !== stateBytes) return undefined;
  const get = (at: number): number => Number(state.readBigInt64LE(at));
  const isTaken = get(place.failures) === 0;
  const isPatient = get(place.failures) <= get(place.patience);
  return {
    lostBytes: get(place.lost),
    isDone: get(place.isDone) === 1,
    isWaiting: !isTaken && isPatient,
    isDropping: !isTaken && !isPatient,
    reopens: get(place.reopens),
    reopenErrno: Math.max(0, -get(place.opened)),
  };
}
