import type { Duplex } from "node:stream";
import type { Command, Host } from "#host";

/** Programs that the contract starts, in the form that the machine under test knows. */
export interface ContractPrograms {
  /** Writes "out" and "err" to its outputs and exits with 3. */
  readonly speaks: Command;
  /** Copies its input to its output. */
  readonly copies: Command;
  /** Runs until a signal ends it. */
  readonly waits: Command;
  /** Writes a megabyte. */
  readonly floods: Command;
}

/** A machine to be tested, with a place of its own on it. */
export interface HostUnderTest {
  readonly host: Host;
  readonly programs: ContractPrograms;
  /** An empty directory. */
  readonly directory: string;
  /** A cgroup that does not exist, with a parent that does not exist. */
  readonly cgroup: string;
  /** Puts a process into a cgroup. */
  readonly place: (pid: number, cgroup: string) => Promise<void>;
  /** Serves connections to a free port of 127.0.0.1 and answers with the port. */
  readonly serve: (service: (peer: Duplex) => void) => Promise<number>;
  readonly dispose: () => Promise<void>;
}
