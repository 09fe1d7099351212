import { extname, join } from "node:path";
import { messageOf } from "#foundation";
import type { Files } from "#host";
import { type CniNetworkConfig, decodeCniNetworkConfig, isJsonObject } from "#spec";
import type { Finding } from "../types.ts";

/** What the pods' network is made of, as far as files say. */
export interface PodNetwork {
  /** Programs of the plugins, those for addresses included. */
  readonly plugins: readonly string[];
  /** Whether a plugin makes host ports; else crisp does, with nft. */
  readonly hasPortMappings: boolean;
  readonly findings: readonly Finding[];
}

const extensions: ReadonlySet<string> = new Set([".conflist", ".conf", ".json"]);
const maxFileBytes = 1_048_576;

/** Reads the configuration that counts: the first valid one in order of names. */
export async function readPodNetwork(
  files: Pick<Files, "list" | "readText">,
  confDir: string,
  user: "node" | "handler",
): Promise<PodNetwork> {
  const names = (await files.list(confDir)).filter((name) => extensions.has(extname(name)));
  const findings: Finding[] = [];
  for (const name of names) {
    try {
      const text = await files.readText(join(confDir, name), { maxBytes: maxFileBytes });
      const config = decodeCniNetworkConfig(text, name);
      return { plugins: programsOf(config), hasPortMappings: mapsPorts(config), findings };
    } catch (error) {
      findings.push(unusable(join(confDir, name), messageOf(error)));
    }
  }
  return { plugins: [], hasPortMappings: true, findings: [...findings, noNetwork(confDir, user)] };
}

function programsOf({ plugins }: CniNetworkConfig): readonly string[] {
  const types = plugins.flatMap(({ type, fields }) => {
    const ipam = fields["ipam"];
    const helper = isJsonObject(ipam) ? ipam["type"] : undefined;
    return typeof helper === "string" ? [type, helper] : [type];
  });
  return [...new Set(types)];
}

function mapsPorts({ plugins }: CniNetworkConfig): boolean {
  return plugins.some(({ capabilities }) => capabilities.includes("portMappings"));
}

function unusable(path: string, problem: string): Finding {
  return {
    severity: "warning",
    where: path,
    what: `the network configuration cannot be used: ${problem}`,
    why: "it is passed over, and another one, or none, is used for pods",
    advice: "mend it, or take it away",
  };
}

function noNetwork(confDir: string, user: "node" | "handler"): Finding {
  return {
    severity: user === "node" ? "problem" : "warning",
    where: confDir,
    what: "there is no valid network configuration",
    why:
      user === "node"
        ? "no pod with a network of its own can run, and the node is not ready"
        : "pods of the handlers that are to use it do not run, but for those on the node's own network",
    advice: "install a network add-on, or write a CNI configuration (*.conflist); crispd notices at once",
  };
}
