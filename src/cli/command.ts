import type { Command } from "commander";
import type { Session } from "./session.ts";

/** Opens the session of the command that runs; called in its action, so that `--help` needs no server. */
export type OpenSession = () => Promise<Session>;

/** Gives a command its arguments, flags and action. */
export type DeclareCommand = (command: Command, open: OpenSession) => void;

/** A command as the list of commands shows it; the rest is loaded when it is the one. */
export interface CommandEntry {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  load(): Promise<DeclareCommand>;
}
