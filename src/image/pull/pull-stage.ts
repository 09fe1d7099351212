import { Fault } from "#foundation";

/** Runs a named part of bringing an image here; which of several it is, its detail says. */
export type PullStage = <T>(name: string, detail: string, work: () => Promise<T>) => Promise<T>;

/** A stage that nobody is told of: its name only goes into the message of what fails. */
export const untoldStage: PullStage = async (name, detail, work) => {
  try {
    return await work();
  } catch (error) {
    throw Fault.within(detail === "" ? name : `${name} ${detail}`, error);
  }
};
