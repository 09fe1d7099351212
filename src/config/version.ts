import packageDescription from "../../package.json" with { type: "json" };

/** The version of crisp, as its package has it. */
export const version: string = packageDescription.version;
