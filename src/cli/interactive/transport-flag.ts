import { Option } from "commander";

/** `--transport`, as crictl has it. */
export function transportFlag(): Option {
  return new Option("-r, --transport <protocol>", "what carries the streams")
    .choices(["spdy", "websocket"])
    .default("spdy");
}
