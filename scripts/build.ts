import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type Plugin } from "esbuild";

/** A file that a source names with `new URL("./file", import.meta.url)`: a worker to bundle, or an asset to copy. */
interface Companion {
  readonly source: string;
  /** Its place under dist/. */
  readonly target: string;
}

const project = path.resolve(import.meta.dirname, "..");
const sources = path.join(project, "src");
const dist = path.join(project, "dist");
/** The fault tests are a part of crisp that needs the tests' machinery: its sources are beside src/. */
const programs: Readonly<Record<string, string>> = {
  "crispd.js": "daemon/main.ts",
  "crisp.js": "cli/main.ts",
  "faults.js": "../scripts/faults.ts",
};

/** Bundles each program into one file of dist/, with its workers and assets beside it. */
async function main(): Promise<void> {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  writeFileSync(path.join(dist, "package.json"), '{ "type": "commonjs" }\n');
  const found = new Map<string, Companion>();
  for (const [target, entry] of Object.entries(programs)) {
    const source = path.join(sources, entry);
    if (existsSync(source)) await bundle({ source, target }, found);
  }
  // A companion may name others: the map grows while it is walked.
  for (const companion of found.values()) {
    if (companion.source.endsWith(".ts")) await bundle(companion, found);
    else copy(companion);
  }
}

async function bundle({ source, target }: Companion, found: Map<string, Companion>): Promise<void> {
  await build({
    entryPoints: [source],
    outfile: path.join(dist, target),
    bundle: true,
    platform: "node",
    // Not "esm": an ES module that imports node:http reads every export of it, and with that loads Node's whole fetch
    // implementation, 14 MB on every node.
    format: "cjs",
    target: "node24",
    external: ["koffi"], // loads its own native file from beside itself
    legalComments: "none",
    // Modules of protobuf-es import each other in a circle. Left out where it can be, as a package without side effects may
    // be, one of them comes too early for this program.
    ignoreAnnotations: target === "faults.js",
    logLevel: "warning",
    plugins: [companions(path.dirname(target), found)],
    // What a CommonJS module does not have.
    define: { "import.meta.url": "importMetaUrl" },
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
}

/**
 * Collects the companions of our sources, and rewrites their URLs to where they lie in dist/; what is outside of src/
 * stays where it is.
 */
function companions(from: string, found: Map<string, Companion>): Plugin {
  return {
    name: "companions",
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path: file }) => {
        if (file.startsWith(path.join(project, "node_modules"))) return undefined;
        const contents = readFileSync(file, "utf8").replace(
          /new URL\(\s*"(\.[^"]+)",\s*import\.meta\.url,?\s*\)/g,
          (_, specifier: string) => {
            const source = path.resolve(path.dirname(file), specifier);
            const isOurs = source.startsWith(sources);
            const target = isOurs
              ? path.relative(sources, source).replace(/\.ts$/, ".js")
              : path.relative(dist, source);
            if (isOurs) found.set(source, { source, target });
            const relative = path.posix.relative(from, target);
            return `new URL(${JSON.stringify(relative.startsWith(".") ? relative : `./${relative}`)}, import.meta.url)`;
          },
        );
        if (/import\.meta\.(?:dirname|filename)/.test(contents)) {
          throw new Error(`${file}: import.meta.dirname moves with the bundle; use new URL("./file", import.meta.url)`);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}

function copy({ source, target }: Companion): void {
  const file = path.join(dist, target);
  mkdirSync(path.dirname(file), { recursive: true });
  cpSync(source, file);
}

await main();
