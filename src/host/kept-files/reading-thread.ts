/** Reads the files of a list, whenever it is told how many subjects are in it. */
import { parentPort, workerData } from "node:worker_threads";
import { ReadingList } from "./reading-list.ts";

const list = new ReadingList(workerData as SharedArrayBuffer);

parentPort?.on("message", (subjects: number) => {
  list.readFromEnd(subjects);
  parentPort?.postMessage(subjects);
});
