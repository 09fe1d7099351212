import { type ConfigFiles, loadConfig, renderConfig, renderDefaultConfig } from "#config";
import { Fault } from "#foundation";

/**
 * The text that `crispd config ACT` prints: `default`, the settings as they are
 * without any file; `print`, as they are now, each with where it comes from;
 * `check`, one line when all of it is valid.
 *
 * @throws Fault `invalid` on another act, or on what is wrong with the configuration
 */
export async function runConfigCommand(argv: readonly string[], files: ConfigFiles): Promise<string> {
  const [act = "", ...flags] = argv;
  switch (act) {
    case "default":
      return renderDefaultConfig();
    case "print":
      return renderConfig(await loadConfig({ argv: flags }, files));
    case "check":
      await loadConfig({ argv: flags }, files);
      return "the configuration is valid\n";
    default:
      throw new Fault("invalid", `config ${act}: the acts are print, check and default`);
  }
}
