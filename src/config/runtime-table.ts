import { Fault } from "#foundation";
import { isTable } from "./kinds.ts";
import { assembleRuntime, listRuntimeSettings } from "./settings.ts";
import type { OptionValue, RuntimeConfig } from "./types.ts";
import { valueAt } from "./value-at.ts";

/** A runtime's configuration as plain values, by the names that files have: for those who keep one. */
export function runtimeToTable(name: string, runtime: RuntimeConfig): Readonly<Record<string, OptionValue>> {
  const holder = { runtimes: { [name]: runtime } };
  return Object.fromEntries(
    listRuntimeSettings(name).map(({ key, setting }) => [nameIn(key), setting.kind.toFile(valueAt(holder, key))]),
  );
}

/**
 * Takes `runtimeToTable` back. What the table does not have is as by default; what is not known any more is left out.
 *
 * @throws Fault `broken` naming the value that is none
 */
export function runtimeFromTable(name: string, table: unknown): RuntimeConfig {
  if (!isTable(table)) throw new Fault("broken", `definition of handler ${name}: is not a table`);
  const values = listRuntimeSettings(name).map(({ key, setting }) => {
    const value = table[nameIn(key)];
    if (value === undefined) return [key, setting.fallback] as const;
    const accepted = setting.kind.accept(value);
    if (accepted === undefined) {
      throw new Fault("broken", `definition of handler ${name}: ${nameIn(key)} is not ${setting.kind.expected}`);
    }
    return [key, accepted.value] as const;
  });
  return assembleRuntime(name, new Map(values));
}

function nameIn(key: string): string {
  return key.slice(key.lastIndexOf(".") + 1);
}
