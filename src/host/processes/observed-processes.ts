import { basename } from "node:path";
import type { ObservedCommand } from "#foundation";
import type { Processes } from "../types.ts";
import { factsOfCommand, factsOfResult } from "./command-facts.ts";

/** Runs a command and tells of it. */
export type CommandObserver = <T>(command: ObservedCommand<T>) => Promise<T>;

/** The same processes; of each program that is started through them the observer is told. */
export function observeProcesses(processes: Processes, observe: CommandObserver): Processes {
  // A copy in memory has a descriptor's number for its name, another one at each start.
  const copies = new Map<string, string>();
  const nameOf = (program: string): string => basename(copies.get(program) ?? program);
  return {
    run: (command, options) =>
      observe({
        name: nameOf(command.program),
        facts: factsOfCommand(command),
        work: () => processes.run(command, options),
        factsOf: (result) => factsOfResult(command, result),
      }),
    spawn: (command, options) =>
      observe({
        name: nameOf(command.program),
        facts: factsOfCommand(command),
        work: () => processes.spawn(command, options),
        factsOf: ({ pid }) => ({ pid }),
      }),
    openPipe: () => processes.openPipe(),
    adopt: (pid) => processes.adopt(pid),
    orphansIn: (directory) => processes.orphansIn(directory),
    processesIn: (directory) => processes.processesIn(directory),
    watch: (identity) => processes.watch(identity),
    describeStuck: (pid) => processes.describeStuck(pid),
    survey: (pids, options) => processes.survey(pids, options),
    names: (pids, options) => processes.names(pids, options),
    openFilesLimit: (pid) => processes.openFilesLimit(pid),
    identify: (pid) => processes.identify(pid),
    keepInMemory: async (program) => {
      const copy = await processes.keepInMemory(program);
      copies.set(copy, program);
      return copy;
    },
    untilExecuted: () => processes.untilExecuted(),
    locate: (program) => processes.locate(program),
  };
}
