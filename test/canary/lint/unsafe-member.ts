// canary src/pod/unsafe-member.ts: typescript(no-unsafe-member-access)
export const length: unknown = JSON.parse("{}").length;
