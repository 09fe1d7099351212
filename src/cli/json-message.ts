import {
  type DescField,
  type DescMessage,
  fromJson,
  isMessage,
  type JsonValue,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { messageOf } from "#foundation";
import { badFile } from "./faults.ts";

type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Decodes a document that people write into a message: keys as in the .proto
 * file (`log_directory`) or in camel case, enums by name or number.
 *
 * A key that the message does not have is refused: a typing error would
 * otherwise be a setting that silently does nothing. Fields of type bytes hold
 * text (environment values are the only ones), not base64.
 *
 * @throws Fault `invalid` naming the file and the field
 */
export function decodeJsonMessage<Desc extends DescMessage>(
  schema: Desc,
  document: unknown,
  file: string,
): MessageShape<Desc> {
  if (!isObject(document)) throw badFile(file, `expected an object of type ${schema.name}`);
  const json = checkMessage(schema, document, { file, path: "" });
  try {
    return fromJson(schema, json);
  } catch (error) {
    throw badFile(file, messageOf(error), error);
  }
}

/** Where in which file a value stands. */
interface Place {
  readonly file: string;
  readonly path: string;
}

function checkMessage(schema: DescMessage, json: JsonObject, place: Place): JsonObject {
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => {
      const path = place.path === "" ? key : `${place.path}.${key}`;
      const field = schema.fields.find(({ name, jsonName }) => name === key || jsonName === key);
      if (field === undefined) throw badFile(place.file, unknownField(schema, path));
      return [key, checkField(field, value, { file: place.file, path })];
    }),
  );
}

function unknownField(schema: DescMessage, path: string): string {
  return `unknown field ${path} (${schema.name} has ${schema.fields.map(({ name }) => name).join(", ")})`;
}

/** What has the wrong shape is left for the decoder to refuse: it knows the types. */
function checkField(field: DescField, value: JsonValue, place: Place): JsonValue {
  if (field.fieldKind === "list") {
    if (!Array.isArray(value)) return value;
    return value.map((item, index) => checkItem(field, item, { ...place, path: `${place.path}[${index}]` }));
  }
  if (field.fieldKind === "map") {
    if (!isObject(value)) return value;
    const items = Object.entries(value).map(([key, item]) => {
      return [key, checkItem(field, item, { ...place, path: `${place.path}.${key}` })] as const;
    });
    return Object.fromEntries(items);
  }
  return checkItem(field, value, place);
}

function checkItem(field: DescField, value: JsonValue, place: Place): JsonValue {
  if (field.message !== undefined) return isObject(value) ? checkMessage(field.message, value, place) : value;
  const isText = field.scalar === ScalarType.BYTES && typeof value === "string";
  return isText ? Buffer.from(value).toString("base64") : value;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isMessage(value);
}
