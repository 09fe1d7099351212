/**
 * Pulls an image into a store and removes it again, and kills itself before the
 * given change of a file or directory, or after the one before that:
 * `node pull-until-step.ts ROOT REFERENCE STEP`.
 */
import { createSystemClock, Stages, silentLogger } from "#foundation";
import { createLinuxHost, type Host } from "#host";
import { createImages } from "#image";
import { openStore } from "#store";

const changes: ReadonlySet<string> = new Set(["makeDirectory", "rename", "remove", "writeAtomic", "syncFilesystem"]);
const [directory = "", reference = "", lastStep = ""] = process.argv.slice(2);
/** Undefined until the store is open: what a start does to the files is another matter. */
let steps: number | undefined;

function step(): void {
  if (steps === undefined) return;
  steps += 1;
  if (steps === Number(lastStep)) process.kill(process.pid, "SIGKILL");
}

/** Every change of the store's files is a place to die before and after. */
function mortal(files: Host["files"]): Host["files"] {
  return new Proxy(files, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      // Bound: the files' private members are not the proxy's.
      if (!changes.has(String(name))) return member.bind(target) as unknown;
      return async (...given: unknown[]): Promise<unknown> => {
        step();
        const result: unknown = await Reflect.apply(member, target, given);
        step();
        return result;
      };
    },
  });
}

const linux = await createLinuxHost({ path: process.env["PATH"] ?? "" });
const host = { ...linux, files: mortal(linux.files) };
const store = await openStore({ directory, host, logger: silentLogger });
const stages = new Stages(createSystemClock(), []);
const images = await createImages({}, { host, store, logger: silentLogger, stages });
steps = 0;
await images.pull(reference);
await images.remove(reference);
await images.close();
await store.close();
