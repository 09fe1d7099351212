import { misused } from "../faults.ts";

/** Which port here leads to which port in the pod. */
export interface ForwardedPort {
  /** 0 takes a free one. */
  readonly local: number;
  readonly remote: number;
}

/** Reads `REMOTE`, `LOCAL:REMOTE` or `:REMOTE`. @throws Fault `invalid` */
export function parseForwardedPort(text: string): ForwardedPort {
  const match = /^(?:(\d{0,5}):)?(\d{1,5})$/.exec(text);
  const remote = Number(match?.[2]);
  const local = match?.[1] === undefined ? remote : Number(match[1]);
  const isMeant = match !== null && remote >= 1 && remote <= 65_535 && local <= 65_535;
  if (!isMeant) throw misused(`${text} is no port: write REMOTE, LOCAL:REMOTE or :REMOTE`);
  return { local, remote };
}
