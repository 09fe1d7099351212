import type { Check } from "../check.ts";
import { expectThat } from "../expect.ts";

/** What the server says of itself and of the handler. */
export const serverChecks: readonly Check[] = [
  {
    name: "server: tells its name and version",
    run: async ({ client }) => {
      const { runtimeName, runtimeVersion, runtimeApiVersion } = await client.version({});
      expectThat(runtimeName !== "" && runtimeVersion !== "", "name or version is empty");
      expectThat(runtimeApiVersion.startsWith("v1"), `the API's version is ${runtimeApiVersion}`);
    },
  },
  {
    name: "server: is ready",
    run: async ({ client }) => {
      const { status } = await client.status({});
      const unmet = (status?.conditions ?? []).filter(({ status: isMet }) => !isMet);
      expectThat((status?.conditions ?? []).length >= 2, "RuntimeReady and NetworkReady are not both told");
      expectThat(
        unmet.length === 0,
        unmet.map(({ type, reason, message }) => `${type}: ${reason} ${message}`).join("; "),
      );
    },
  },
  {
    name: "server: lists the handler, when it lists any",
    run: async ({ client, handler }) => {
      const { runtimeHandlers } = await client.status({});
      const names = runtimeHandlers.map(({ name }) => name);
      const known = names.filter((name) => name !== "").join(", ");
      expectThat(
        names.length === 0 || names.includes(handler),
        `${handler} is not among those that work: ${known} (crisp runtimes says what is wrong with the others)`,
      );
    },
  },
  {
    name: "server: refuses a handler that it does not have",
    run: async (bench) => {
      const { config } = await bench.describePod();
      const refusal = await bench.client.runPodSandbox({ config, runtimeHandler: "crisp-verify-no-such" }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expectThat(refusal !== undefined, "a pod of an unknown handler runs");
    },
  },
];
