import { assemble } from "../program/assemble.ts";
import type { Architecture } from "../program/elf.ts";
import type { Instruction, KernelCall, Operand } from "../program/instructions.ts";
import { place, reopenSignal } from "./state.ts";

/** Descriptors that it is started with: the pipe that the monitor writes to, the log, and its memory. */
const [pipe, log, memory] = [0, 1, 2];
const sharedReadWrite = [3, 1] as const;
const lockAlone = 2; // LOCK_EX
const blockSignals = 0;
const seekEnd = 2;
const bytesInPipe = 0x541b; // FIONREAD
const currentDirectory = -100; // AT_FDCWD, for a path that is absolute
const appendNew = 0o2_002_101; // O_WRONLY, O_CREAT, O_APPEND, O_CLOEXEC
const logMode = 0o600;
const tenthOfSecondNanos = 100_000_000;
const setBytes = 8;
const signalBytes = 128;
const newline = 10;
/** The byte of a struct pollfd that says whether there is anything. */
const answerByte = 6;

const label = (name: string): Instruction => ({ do: "label", name });
const set = (value: number): Instruction => ({ do: "set", value });
const load = (word: number): Instruction => ({ do: "load", word });
const store = (word: number): Instruction => ({ do: "store", word });
const add = (word: number): Instruction => ({ do: "add", word });
const subtract = (word: number): Instruction => ({ do: "subtract", word });
const increase = (by: number): Instruction => ({ do: "increase", by });
const jump = (to: string): Instruction => ({ do: "jump", to });
const ifZero = (to: string): Instruction => ({ do: "if-zero", to });
const ifNegative = (to: string): Instruction => ({ do: "if-negative", to });
const ifPositive = (to: string): Instruction => ({ do: "if-positive", to });
const call = (name: KernelCall, ...operands: readonly Operand[]): Instruction => ({ do: "call", name, with: operands });
const valueOf = (word: number): Operand => ({ word });
const addressOf = (word: number): Operand => ({ addressOf: word });
const addressIn = (word: number): Operand => ({ addressIn: word });
const byte: Instruction = { do: "byte" };
/** word = value */
const assign = (word: number, value: number): readonly Instruction[] => [set(value), store(word)];

const begin: readonly Instruction[] = [
  call("mmap", 0, place.heldEnd + 8, ...sharedReadWrite, memory, 0),
  ifNegative("give up"),
  { do: "state" },
  // One that is still at it goes first.
  call("flock", memory, lockAlone),
  { do: "argument", index: 1 },
  store(place.path),
  call("rt_sigprocmask", blockSignals, addressOf(place.commands), 0, setBytes),
  call("signalfd4", -1, addressOf(place.commands), setBytes, 0),
  store(place.signals),
  add(place.pollIn),
  store(place.pollSignals),
];

/** One that was killed while it read has read all that it wanted, or nothing: the bytes of zero are there or are not. */
const resumeRead: readonly Instruction[] = [
  load(place.reading),
  ifZero("nothing was being read"),
  load(place.end),
  { do: "eight" },
  ifZero("nothing was being read"),
  load(place.end),
  add(place.reading),
  store(place.end),
  label("nothing was being read"),
  ...assign(place.reading, 0),
];

/** One that was killed while it wrote may have written: the file has grown by that. */
const resumeWrite: readonly Instruction[] = [
  load(place.next),
  subtract(place.lines),
  ifZero("nothing was being written"),
  call("lseek", log, 0, seekEnd),
  subtract(place.size),
  store(place.count),
  ifNegative("nothing was being written"),
  load(place.lines),
  subtract(place.next),
  subtract(place.count),
  ifNegative("nothing was being written"),
  load(place.next),
  add(place.count),
  store(place.next),
  label("nothing was being written"),
  call("lseek", log, 0, seekEnd),
  store(place.size),
  jump("find lines"),
];

/** Writes the whole lines that it holds. */
const writeLines: readonly Instruction[] = [
  label("write"),
  load(place.lines),
  subtract(place.next),
  ifZero("all lines are written"),
  store(place.count),
  call("write", log, addressIn(place.next), valueOf(place.count)),
  ifPositive("some were written"),
  load(place.failures),
  increase(1),
  store(place.failures),
  subtract(place.patience),
  ifPositive("take back half a line"),
  ...assign(place.pause, 0),
  ...assign(place.pauseNanos, tenthOfSecondNanos),
  call("ppoll", addressOf(place.pollSignals), 1, addressOf(place.pause), 0, setBytes),
  ifPositive("take a command"),
  jump("write"),
  label("some were written"),
  store(place.count),
  add(place.size),
  store(place.size),
  load(place.next),
  add(place.count),
  store(place.next),
  subtract(place.lines),
  ifNegative("write"),
  ...assign(place.failures, 0),
];

/** Moves the half line that it still holds to the front, where that does not write over what is moved. */
const moveRest: readonly Instruction[] = [
  label("all lines are written"),
  load(place.next),
  increase(-place.held),
  add(place.next),
  subtract(place.end),
  ifNegative("read"),
  ...assign(place.look, place.held),
  load(place.next),
  store(place.count),
  label("copy"),
  load(place.count),
  subtract(place.end),
  ifZero("copied"),
  load(place.count),
  byte,
  { do: "put-byte", at: place.look },
  load(place.look),
  increase(1),
  store(place.look),
  load(place.count),
  increase(1),
  store(place.count),
  jump("copy"),
  label("copied"),
  load(place.look),
  store(place.end),
  ...assign(place.next, place.held),
  store(place.lines),
];

/** Waits for something to read or for a command, and reads exactly what is there. */
const readMore: readonly Instruction[] = [
  label("read"),
  call("ppoll", addressOf(place.pollSignals), 2, 0, 0, setBytes),
  set(place.pollSignals + answerByte),
  byte,
  ifPositive("take a command"),
  set(place.pollPipe + answerByte),
  byte,
  ifZero("read"),
  call("ioctl", pipe, bytesInPipe, addressOf(place.available)),
  ifNegative("the monitor has ended"),
  load(place.available),
  ifZero("the monitor has ended"),
  store(place.count),
  set(place.heldEnd),
  subtract(place.end),
  ifZero("it is full"),
  subtract(place.count),
  ifPositive("it fits"),
  add(place.count),
  store(place.count),
  label("it fits"),
  { do: "put-zeros", at: place.end },
  load(place.count),
  store(place.reading),
  call("read", pipe, addressIn(place.end), valueOf(place.reading)),
  store(place.count),
  ifPositive("something was read"),
  jump("the monitor has ended"),
  label("something was read"),
  load(place.end),
  add(place.count),
  store(place.end),
  ...assign(place.reading, 0),
];

/** Finds the end of the last whole line; what fills the memory without one is written as it is. */
const findLines: readonly Instruction[] = [
  label("find lines"),
  load(place.end),
  store(place.look),
  label("look before"),
  load(place.look),
  subtract(place.lines),
  ifZero("no line ends"),
  load(place.look),
  increase(-1),
  store(place.look),
  byte,
  increase(-newline),
  ifZero("a line ends"),
  jump("look before"),
  label("a line ends"),
  load(place.look),
  increase(1),
  store(place.lines),
  jump("write"),
  label("no line ends"),
  set(place.heldEnd),
  subtract(place.end),
  ifPositive("write"),
  label("it is full"),
  load(place.end),
  store(place.lines),
  jump("write"),
];

/** The rest goes out, with or without the end of a line. */
const end: readonly Instruction[] = [
  label("the monitor has ended"),
  ...assign(place.reading, 0),
  load(place.end),
  store(place.lines),
  subtract(place.next),
  ifPositive("write"),
  ...assign(place.isDone, 1),
  label("give up"),
  call("exit_group", 0),
];

/** Before lines are dropped, or go to another file: no half of one stays in this. */
const takeBackHalfLine: readonly Instruction[] = [
  label("take back half a line"),
  load(place.next),
  store(place.look),
  label("look for its beginning"),
  load(place.look),
  increase(-place.held),
  ifZero("it begins here"),
  load(place.look),
  increase(-1),
  byte,
  increase(-newline),
  ifZero("it begins here"),
  load(place.look),
  increase(-1),
  store(place.look),
  jump("look for its beginning"),
  label("it begins here"),
  load(place.next),
  subtract(place.look),
  ifZero("no half line"),
  store(place.count),
  call("lseek", log, 0, seekEnd),
  subtract(place.count),
  ifNegative("no half line"),
  store(place.size),
  load(place.look),
  store(place.next),
  call("ftruncate", log, valueOf(place.size)),
  label("no half line"),
  load(place.isReopening),
  ifPositive("reopen"),
];

const drop: readonly Instruction[] = [
  load(place.lines),
  subtract(place.next),
  add(place.lost),
  store(place.lost),
  load(place.lines),
  store(place.next),
  jump("all lines are written"),
];

const takeCommand: readonly Instruction[] = [
  label("take a command"),
  call("read", valueOf(place.signals), addressOf(place.signal), signalBytes),
  set(place.signal),
  byte,
  increase(-reopenSignal),
  ifZero("reopen after whole lines"),
  ...assign(place.patience, 0),
  jump("write"),
  label("reopen after whole lines"),
  ...assign(place.isReopening, 1),
  jump("take back half a line"),
];

/** That it was done, or could not be, is told by a write to the memory: others can wait for that. */
const reopen: readonly Instruction[] = [
  label("reopen"),
  ...assign(place.isReopening, 0),
  call("openat", currentDirectory, valueOf(place.path), appendNew, logMode),
  store(place.opened),
  ifNegative("answer"),
  call("dup3", valueOf(place.opened), log, 0),
  call("close", valueOf(place.opened)),
  call("lseek", log, 0, seekEnd),
  store(place.size),
  label("answer"),
  load(place.reopens),
  increase(1),
  store(place.reopens),
  call("pwrite64", memory, addressOf(place.reopens), 16, place.reopens),
  jump("write"),
];

/**
 * Builds the program that writes a container's log: an ELF file of some 2 KB.
 *
 * It copies lines from the monitor's pipe to the end of the log. What the disk does not take it offers again, ten times a
 * second, and reads nothing meanwhile: so the pipe fills up, and the container waits for its monitor. When its patience is
 * over it drops whole lines and counts them, until one goes through again. It ends when the monitor has.
 */
export function buildLogWriter(architecture: Architecture): Uint8Array {
  return assemble(architecture, [
    ...[begin, resumeRead, resumeWrite].flat(),
    ...[writeLines, moveRest, readMore, findLines, end].flat(),
    ...[takeBackHalfLine, drop, takeCommand, reopen].flat(),
  ]);
}
