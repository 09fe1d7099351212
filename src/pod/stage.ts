import type { StageSubject } from "#foundation";
import type { PodContext } from "./context.ts";
import type { ContainerRecord, SandboxRecord } from "./records.ts";

/** Runs one named stage of an act: its name goes into the message of what fails, and all who observe stages are told. */
export type Stage = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** The stages of an act on a sandbox. */
export function stagesOfSandbox({ stages }: PodContext, record: SandboxRecord): Stage {
  const subject = subjectOfSandbox(record);
  return (name, work) => stages.stage(name, subject, work);
}

/** The stages of an act on a container. */
export function stagesOfContainer(context: PodContext, record: ContainerRecord): Stage {
  const subject = subjectOfContainer(context, record);
  return (name, work) => context.stages.stage(name, subject, work);
}

/** Runs what was asked for, or has to be done, as one act on a sandbox. */
export function actOnSandbox<T>(
  context: PodContext,
  record: SandboxRecord,
  act: string,
  work: () => Promise<T>,
): Promise<T> {
  return context.stages.act(act, subjectOfSandbox(record), work);
}

/** Runs what was asked for, or has to be done, as one act on a container. */
export function actOnContainer<T>(
  context: PodContext,
  record: ContainerRecord,
  act: string,
  work: () => Promise<T>,
): Promise<T> {
  return context.stages.act(act, subjectOfContainer(context, record), work);
}

/** The same for an object of which only the id is at hand. */
export function actOn(context: PodContext, id: string, act: string, work: () => Promise<void>): Promise<void> {
  const container = context.containers.find(id);
  if (container !== undefined) return actOnContainer(context, container, act, work);
  const sandbox = context.sandboxes.find(id);
  return sandbox === undefined ? work() : actOnSandbox(context, sandbox, act, work);
}

export function subjectOfSandbox({ id, config: { metadata } }: SandboxRecord): StageSubject {
  return { kind: "sandbox", id, name: `${metadata.namespace}/${metadata.name}` };
}

/** A container is named as people speak of it: by its pod and its name in there. */
function subjectOfContainer({ sandboxes }: PodContext, record: ContainerRecord): StageSubject {
  const { name } = record.config.metadata;
  const sandbox = sandboxes.find(record.sandboxId);
  const pod = sandbox === undefined ? "" : `${subjectOfSandbox(sandbox).name}/`;
  return { kind: "container", id: record.id, name: `${pod}${name}`, parentId: record.sandboxId };
}
