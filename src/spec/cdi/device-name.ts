import { Fault } from "#foundation";

/** A device as requests name it: "vendor.com/class=device". */
export interface CdiDeviceName {
  /** "vendor.com/class" */
  readonly kind: string;
  readonly device: string;
}

const kindPattern = /^[A-Za-z](?:[\w.-]{0,126}[A-Za-z0-9])?\/[A-Za-z](?:[\w.-]{0,126}[A-Za-z0-9])?$/;
const devicePattern = /^[A-Za-z0-9](?:[\w.:-]{0,254}[A-Za-z0-9])?$/;

export function isCdiKind(text: string): boolean {
  return kindPattern.test(text);
}

export function isCdiDevice(text: string): boolean {
  return devicePattern.test(text);
}

/** @throws Fault `invalid` when the text names no device */
export function parseCdiDeviceName(text: string): CdiDeviceName {
  const equals = text.indexOf("=");
  const [kind, device] = [text.slice(0, equals), text.slice(equals + 1)];
  if (equals < 0 || !isCdiKind(kind) || !isCdiDevice(device)) {
    throw new Fault("invalid", `CDI device ${JSON.stringify(text)}: is not of the form vendor/class=device`);
  }
  return { kind, device };
}
