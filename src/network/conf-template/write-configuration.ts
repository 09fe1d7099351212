import { join } from "node:path";
import type { Logger } from "#foundation";
import type { Files } from "#host";
import { decodeCniNetworkConfig } from "#spec";
import { findConfiguration } from "../configuration.ts";
import { during } from "../faults.ts";
import { fieldsOfPodCidrs } from "./pod-cidrs.ts";
import { renderTemplate } from "./render-template.ts";

export interface TemplateOptions {
  readonly confDir: string;
  /** The template's file; empty: configurations come from elsewhere. */
  readonly confTemplate: string;
}

export interface TemplateDeps {
  readonly files: Pick<Files, "list" | "makeDirectory" | "readText" | "writeAtomic">;
  readonly logger: Logger;
}

/** The file that is ours in the directory of configurations. */
const ownFile = "10-crisp.conflist";
const maxTemplateBytes = 1_048_576;

/**
 * Writes the network's configuration from the template, with the node's ranges of pod addresses, unless there is a
 * configuration of somebody else's. What comes out of the template is checked before it is written.
 *
 * @throws Fault `invalid` on ranges, a template or a configuration that are none; `not-found` without the template
 */
export async function writeConfiguration(
  podCidrs: string,
  { confDir, confTemplate }: TemplateOptions,
  { files, logger }: TemplateDeps,
): Promise<void> {
  const fields = fieldsOfPodCidrs(podCidrs);
  if (confTemplate === "") {
    logger.info("pod addresses noted, no template to fill in", { podCidrs });
    return;
  }
  await files.makeDirectory(confDir, { mode: 0o755 });
  const found = await findConfiguration(files, confDir);
  if (found.kind === "found" && found.file !== ownFile) {
    logger.info("pod addresses noted, the network has a configuration", { podCidrs, file: found.file });
    return;
  }
  await during("fill in the network's template", async () => {
    const template = await files.readText(confTemplate, { maxBytes: maxTemplateBytes });
    const text = renderTemplate(template, fields, confTemplate);
    decodeCniNetworkConfig(text, `${confTemplate} for ${podCidrs}`);
    await files.writeAtomic(join(confDir, ownFile), text, { mode: 0o644, isDurable: true });
  });
  logger.info("network configuration written", { podCidrs, file: ownFile });
}
