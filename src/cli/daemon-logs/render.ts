import { shortId } from "../short-id.ts";
import type { DaemonLogLine } from "./parse-line.ts";

const levelWidth = 5;

/** A line for people: `03:04:05.678 INFO  sandbox ready  sandboxId=ab… name=web`. A stack follows on lines of its own. */
export function renderDaemonLogLine({ time, level, message, facts }: DaemonLogLine): string {
  const words = Object.entries(facts).map(([name, value]) => `${name}=${renderFact(name, value)}`);
  const head = `${time.replace("T", " ").replace("Z", "")} ${level.toUpperCase().padEnd(levelWidth)} ${message}`;
  return `${[head, ...words].join("  ")}\n${stackOf(facts)}`;
}

function renderFact(name: string, value: unknown): string {
  if (typeof value === "string") return quote(name.endsWith("Id") && name !== "requestId" ? shortId(value) : value);
  if (name === "error" && isTable(value) && typeof value["message"] === "string") return quote(value["message"]);
  return JSON.stringify(value);
}

/** What could be taken for the next fact, or moves a cursor, is in quotes. */
function quote(text: string): string {
  return text === "" || /[\s"=\p{Cc}]/u.test(text) ? JSON.stringify(text) : text;
}

function stackOf({ error }: Readonly<Record<string, unknown>>): string {
  const stack = isTable(error) ? error["stack"] : undefined;
  if (typeof stack !== "string") return "";
  const frames = stack.split("\n").slice(1);
  return frames.map((frame) => `    ${frame.trim()}\n`).join("");
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
