import { capabilityNames } from "#spec";

/** Names of the capabilities in a set as the kernel writes it: hex digits. Those that a newer kernel adds have no name yet. */
export function parseCapabilitySet(hex: string): ReadonlySet<string> {
  const bits = BigInt(`0x${hex}`);
  return new Set(capabilityNames.filter((_name, number) => ((bits >> BigInt(number)) & 1n) === 1n));
}
