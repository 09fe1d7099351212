/** Pulls an image into a store until somebody kills it: `node pull-until-killed.ts ROOT REFERENCE`. */
import { createSystemClock, Stages, silentLogger } from "#foundation";
import { createLinuxHost } from "#host";
import { createImages } from "#image";
import { openStore } from "#store";

const [directory = "", reference = ""] = process.argv.slice(2);
const host = await createLinuxHost({ path: process.env["PATH"] ?? "" });
const store = await openStore({ directory, host, logger: silentLogger });
const images = await createImages(
  {},
  { host, store, logger: silentLogger, stages: new Stages(createSystemClock(), []) },
);
await images.pull(reference);
process.stdout.write("pulled\n");
// The killer may want the time after a pull, too.
setInterval(() => {}, 60_000);
