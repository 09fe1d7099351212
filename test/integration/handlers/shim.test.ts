import { verifyHandler } from "./verify-handler.ts";

verifyHandler("shim");
