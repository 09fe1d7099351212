// canary src/pod/schema-outside.ts: pod may not import zod
import { z } from "zod";

export const schema: unknown = z;
