// canary src/drawer/no-room.ts: drawer is not a room
export const four = 4;
