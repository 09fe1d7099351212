/**
 * SAFETY: calls the C library through koffi, which only this folder and
 * `tree/calls.ts` load. A wrong signature is undefined behaviour, so each one is
 * written exactly as the manual page has it, variadic functions with the one
 * form that is called (the calling conventions of Linux on x86-64 and arm64 pass
 * those arguments alike).
 */
import { type DescriptorCalls, descriptorCalls } from "./descriptor-calls.ts";
import { Libc } from "./libc.ts";
import { type MountCalls, mountCalls } from "./mount-calls.ts";
import { type NamespaceCalls, namespaceCalls } from "./namespace-calls.ts";
import { type ProcessCalls, processCalls } from "./process-calls.ts";
import { type SocketCalls, socketCalls } from "./socket-calls.ts";
import { type SpawnCalls, spawnCalls } from "./spawn-calls.ts";

/** The part of the C library that Node has no word for. Each throws a {@link SystemError} when the call fails. */
export interface Native extends ProcessCalls, SpawnCalls, MountCalls, NamespaceCalls, DescriptorCalls, SocketCalls {}

/** Opens the C library that Node itself runs on. Cheap, but meant to be done once a host. */
export function loadNative(): Native {
  const libc = new Libc();
  return {
    ...processCalls(libc),
    ...spawnCalls(libc),
    ...mountCalls(libc),
    ...namespaceCalls(libc),
    ...descriptorCalls(libc),
    ...socketCalls(libc),
  };
}
