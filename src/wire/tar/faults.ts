import { Fault } from "#foundation";

/** When an archive breaks its format, or is longer or shorter than it says. */
export function badArchive(problem: string): Fault {
  return new Fault("invalid", `tar: ${problem}`, { reason: { code: "wire.bad-tar", problem } });
}

/** When an archive uses a part of the format that images have no use for. */
export function unsupportedArchive(what: string): Fault {
  return new Fault("unsupported", `tar: ${what}`, { reason: { code: "wire.unsupported-tar", what } });
}
