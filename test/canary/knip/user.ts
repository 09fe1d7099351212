// canary src/foundation/index.ts: nothing
import { used } from "./lonely.ts";

export const four: number = used;
