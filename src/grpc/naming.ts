import { Fault } from "#foundation";

/** Runs the work of an RPC; what it throws gets the act and its object in front: "stop container ab12…: …". */
export async function namingAct<T>(act: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw Fault.within(act, error);
  }
}

/**
 * An id as messages show it: enough to find the object, not the whole line.
 *
 * @throws Fault `invalid` when the request names none
 */
export function requireId(id: string, field: string): string {
  if (id === "") throw new Fault("invalid", `${field}: must not be empty`);
  return id;
}

export function shortId(id: string): string {
  return id.slice(0, 12);
}
