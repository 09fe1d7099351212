import { verifyHandler } from "./verify-handler.ts";

verifyHandler("crun");
