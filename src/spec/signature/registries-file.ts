import { Fault, messageOf } from "#foundation";
import { type JsonObject, toObject, toText } from "../image/fields.ts";

/** Most bytes of a file of registries.d. */
export const maxRegistriesFileBytes: number = 256 * 1024;

/** YAML's references can make much of little. */
const maxAliases = 100;

/** Where the signatures of some images are. */
export interface SignaturePlace {
  /** Base of simple signatures: http, https or file. */
  readonly lookaside: URL | undefined;
  /** Whether signatures lie in the image's repository; undefined: nothing is said. */
  readonly hasAttachments: boolean | undefined;
}

/** One file of registries.d. */
export interface RegistriesFile {
  readonly defaultPlace: SignaturePlace | undefined;
  /** By scope, as policies have them. */
  readonly byScope: ReadonlyMap<string, SignaturePlace>;
}

/**
 * Reads a file of registries.d; what concerns writing signatures is left out. The YAML parser is loaded when it is needed.
 *
 * @throws Fault `invalid` naming the key
 * @see https://github.com/containers/image/blob/v5.36.0/docs/containers-registries.d.5.md
 */
export async function parseRegistriesFile(text: string): Promise<RegistriesFile> {
  const document = toObject((await parseYaml(text)) ?? {}, "the document");
  const byScope = Object.entries(toObject(document["docker"] ?? {}, "docker"));
  const fallback = document["default-docker"];
  return {
    defaultPlace:
      fallback === undefined ? undefined : decodePlace(toObject(fallback, "default-docker"), "default-docker"),
    byScope: new Map(
      byScope.map(([scope, value]) => {
        const what = `docker[${JSON.stringify(scope)}]`;
        return [scope, decodePlace(toObject(value, what), what)];
      }),
    ),
  };
}

async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(text, { maxAliasCount: maxAliases });
  } catch (cause) {
    throw new Fault("invalid", `is not YAML: ${messageOf(cause).split("\n", 1)[0]}`, { cause });
  }
}

/** "sigstore" is what lookaside was called before there was a sigstore. */
function decodePlace(place: JsonObject, what: string): SignaturePlace {
  const name = place["lookaside"] === undefined ? "sigstore" : "lookaside";
  const hasAttachments = place["use-sigstore-attachments"];
  if (hasAttachments !== undefined && typeof hasAttachments !== "boolean") {
    throw new Fault("invalid", `${what}.use-sigstore-attachments is not true or false`);
  }
  return { lookaside: toBase(toText(place[name], `${what}.${name}`), `${what}.${name}`), hasAttachments };
}

function toBase(text: string, what: string): URL | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  const isRight = url !== null && /^(?:https?|file):$/.test(url.protocol) && url.username === "" && url.search === "";
  if (!isRight) throw new Fault("invalid", `${what} ${JSON.stringify(text)} is not an http, https or file address`);
  if (url.protocol === "file:" && url.host !== "") throw new Fault("invalid", `${what} names a host for a file`);
  return url;
}
