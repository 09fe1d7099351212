import { expect, test } from "vitest";
import { type Config, loadConfig } from "#config";
import { Fault } from "#foundation";
import { createConfigurationCheck } from "./doctor.ts";

const noFiles = { readText: () => Promise.resolve(undefined), list: () => Promise.resolve([]) };
const { signal } = new AbortController();

async function configOf(...argv: string[]): Promise<Config> {
  return (await loadConfig({ argv }, noFiles)).config;
}

test("the configuration check finds nothing where the files say what crispd works with", async () => {
  const config = await configOf();

  const { findings } = await createConfigurationCheck({ current: () => config, load: () => configOf() }).look(signal);

  expect(findings).toEqual([]);
});

test("the configuration check tells which settings wait for a reload, and which for a restart", async () => {
  const config = await configOf();
  const load = (): Promise<Config> => configOf("--log-level", "debug", "--state", "/run/other");

  const { findings } = await createConfigurationCheck({ current: () => config, load }).look(signal);

  expect(findings).toMatchObject([
    { severity: "warning", where: "state", advice: "restart crispd; containers outlive that" },
    { severity: "warning", where: "log.level", advice: "reload crispd (SIGHUP)" },
  ]);
});

test("the configuration check tells what crispd would not start with", async () => {
  const config = await configOf();
  const load = (): Promise<Config> => Promise.reject(new Fault("invalid", "config.toml:3: unknown key rooot"));

  const { findings } = await createConfigurationCheck({ current: () => config, load }).look(signal);

  expect(findings).toMatchObject([{ severity: "problem", what: "it is not valid: config.toml:3: unknown key rooot" }]);
});
