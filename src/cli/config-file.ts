import { randomUUID } from "node:crypto";
import { readLocalFile } from "#client";
import { Fault, isFault, messageOf } from "#foundation";
import {
  type ContainerConfig,
  ContainerConfigSchema,
  type PodSandboxConfig,
  PodSandboxConfigSchema,
} from "#proto/cri/v1/runtime_pb.js";
import { type CrictlConfig, decodeCrictlConfig } from "./crictl-config.ts";
import { badFile } from "./faults.ts";
import { decodeJsonMessage } from "./json-message.ts";

/**
 * Reads the client's configuration; nothing when it is missing and nobody asked for it.
 *
 * @throws Fault `not-found`, `denied` for a file that was asked for; `invalid` for one that is wrong
 */
export async function readCrictlConfig(file: { path: string; isAskedFor: boolean }): Promise<CrictlConfig> {
  try {
    return decodeCrictlConfig(file.path, await readLocalFile(file.path));
  } catch (error) {
    if (!file.isAskedFor && isFault(error, "not-found")) return {};
    throw error;
  }
}

/**
 * Reads a pod's configuration, JSON or YAML. A pod without uid gets a new one.
 *
 * @throws Fault `invalid` naming the file and the field
 */
export async function readPodConfig(path: string): Promise<PodSandboxConfig> {
  const config = decodeJsonMessage(PodSandboxConfigSchema, await readDocument(path), path);
  const { metadata } = config;
  if (metadata === undefined) throw badFile(path, "metadata is not set");
  if (metadata.name === "" || metadata.namespace === "") throw badFile(path, "metadata needs a name and a namespace");
  if (metadata.uid === "") metadata.uid = randomUUID();
  return config;
}

/**
 * Reads a container's configuration, JSON or YAML.
 *
 * @throws Fault `invalid` naming the file and the field
 */
export async function readContainerConfig(path: string): Promise<ContainerConfig> {
  const config = decodeJsonMessage(ContainerConfigSchema, await readDocument(path), path);
  const { metadata, image } = config;
  if (metadata === undefined || metadata.name === "") throw badFile(path, "metadata.name is not set");
  if (image === undefined || image.image === "") throw badFile(path, "image.image is not set");
  if (image.userSpecifiedImage === "") image.userSpecifiedImage = image.image;
  return config;
}

async function readDocument(path: string): Promise<unknown> {
  const text = await readLocalFile(path);
  try {
    return isJson(text) ? (JSON.parse(text) as unknown) : await parseYaml(text);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw badFile(path, messageOf(error), error);
  }
}

/** JSON is YAML too, but most files are JSON, and the YAML parser takes a while to load. */
function isJson(text: string): boolean {
  return text.trimStart().startsWith("{");
}

async function parseYaml(text: string): Promise<unknown> {
  const { parse } = await import("yaml");
  return parse(text) as unknown;
}
