import { Fault } from "#foundation";

/** The fault with which a call is refused; fails when the call succeeds instead. */
export async function refusalOf(call: Promise<unknown>): Promise<Fault> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("the call was to be refused, and succeeded");
}
