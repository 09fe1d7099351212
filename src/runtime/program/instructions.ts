/**
 * The instructions of programs that crisp brings itself: those of a machine with one number at hand, and a block of memory,
 * the state, in which everything else is. They are few, so that each can be held against the processor's own manual.
 *
 * A `word` is the offset of 8 bytes in the state. What is compared is always the number at hand, with zero.
 */
export type Instruction =
  /** A place that can be jumped to. */
  | { readonly do: "label"; readonly name: string }
  /** The number at hand becomes this one; 32 bits at most. */
  | { readonly do: "set"; readonly value: number }
  | { readonly do: "load" | "store" | "add" | "subtract"; readonly word: number }
  /** Adds a number between -4095 and 4095. */
  | { readonly do: "increase"; readonly by: number }
  /** The number at hand, an offset in the state, becomes the byte, or the 8 bytes, that are there. */
  | { readonly do: "byte" | "eight" }
  /** Puts the lowest byte at hand, or 8 bytes of zero, where the word, an offset in the state, says. */
  | { readonly do: "put-byte" | "put-zeros"; readonly at: number }
  | { readonly do: "jump" | "if-zero" | "if-negative" | "if-positive"; readonly to: string }
  /** The address of an argument of the program. */
  | { readonly do: "argument"; readonly index: number }
  /** The number at hand is where the state is; it is the first thing that a program says. */
  | { readonly do: "state" }
  /** Calls the kernel; what it answers is at hand then, an error as its negative number. */
  | { readonly do: "call"; readonly name: KernelCall; readonly with: readonly Operand[] };

/** An argument of a call: a number, what a word says, the address of a word, or that of the offset which a word says. */
export type Operand =
  | number
  | { readonly word: number }
  | { readonly addressOf: number }
  | { readonly addressIn: number };

/** The calls of the kernel that there are names for, with their numbers: https://man7.org/linux/man-pages/man2/syscalls.2.html */
export const callNumbers = {
  read: { amd64: 0, arm64: 63 },
  write: { amd64: 1, arm64: 64 },
  close: { amd64: 3, arm64: 57 },
  lseek: { amd64: 8, arm64: 62 },
  mmap: { amd64: 9, arm64: 222 },
  rt_sigprocmask: { amd64: 14, arm64: 135 },
  ioctl: { amd64: 16, arm64: 29 },
  pwrite64: { amd64: 18, arm64: 68 },
  flock: { amd64: 73, arm64: 32 },
  ftruncate: { amd64: 77, arm64: 46 },
  exit_group: { amd64: 231, arm64: 94 },
  openat: { amd64: 257, arm64: 56 },
  ppoll: { amd64: 271, arm64: 73 },
  signalfd4: { amd64: 289, arm64: 74 },
  dup3: { amd64: 292, arm64: 24 },
} as const;

export type KernelCall = keyof typeof callNumbers;

/** An instruction that goes on somewhere else. */
export type Jump = Extract<Instruction, { readonly to: string }>;
/** One that is the same wherever it stands. */
export type Plain = Exclude<Instruction, Jump | { readonly do: "label" }>;

/** How a processor's own code says them. */
export interface Encoder {
  readonly plain: (instruction: Plain) => readonly number[];
  /** @param distance from the jump's first byte to where it leads; the length does not depend on it */
  readonly jump: (instruction: Jump, distance: number) => readonly number[];
}
