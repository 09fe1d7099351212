import type { ContainerHandle, CreateRequest, OciRuntime } from "#runtime";

/** A runtime to be tested, with a place for its containers. */
export interface RuntimeUnderTest {
  readonly runtime: OciRuntime;
  /** A request for a container that runs a command of busybox, under an id that was not used before. */
  readonly request: (args: readonly string[]) => Promise<CreateRequest>;
  readonly dispose: () => Promise<void>;
}

export const forever: readonly string[] = ["/bin/sleep", "1000"];
export const sigkill = 9;

/** A container that runs a command. */
export async function started(
  { runtime, request }: RuntimeUnderTest,
  args: readonly string[],
): Promise<ContainerHandle> {
  const container = await runtime.create(await request(args));
  await runtime.start(container);
  return container;
}
