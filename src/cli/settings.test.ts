import { expect, test } from "vitest";
import { configPathOf, resolveSettings } from "./settings.ts";

const environment = { CONTAINER_RUNTIME_ENDPOINT: "unix:///env", IMAGE_SERVICE_ENDPOINT: "unix:///env-image" };
const file = { runtimeEndpoint: "unix:///file", imageEndpoint: "unix:///file-image", timeoutMs: 7_000, isDebug: true };

test("resolveSettings() takes flags before the environment and that before the file", () => {
  expect(resolveSettings({ runtimeEndpoint: "unix:///flag" }, environment, file)).toMatchObject({
    runtimeEndpoint: "unix:///flag",
    imageEndpoint: "unix:///env-image",
    timeoutMs: 7_000,
    isDebug: true,
  });
  expect(resolveSettings({}, {}, file)).toMatchObject({ runtimeEndpoint: "unix:///file" });
});

test("resolveSettings() without anything is crisp's own socket, for images too", () => {
  expect(resolveSettings({}, {}, {})).toEqual({
    runtimeEndpoint: "unix:///run/crisp/crisp.sock",
    imageEndpoint: "unix:///run/crisp/crisp.sock",
    timeoutMs: 2_000,
    isDebug: false,
    pullsOnCreate: false,
  });
});

test("resolveSettings() takes images from the runtime's endpoint when only that is given", () => {
  expect(resolveSettings({ runtimeEndpoint: "unix:///flag" }, {}, {}).imageEndpoint).toBe("unix:///flag");
});

test("resolveSettings() takes zero and empty for not said", () => {
  expect(resolveSettings({ timeout: 0 }, { CONTAINER_RUNTIME_ENDPOINT: "" }, { timeoutMs: 0 })).toMatchObject({
    runtimeEndpoint: "unix:///run/crisp/crisp.sock",
    timeoutMs: 2_000,
  });
});

test("configPathOf() knows whether somebody asked for the file", () => {
  expect(configPathOf({}, {})).toEqual({ path: "/etc/crictl.yaml", isAskedFor: false });
  expect(configPathOf({}, { CRI_CONFIG_FILE: "/a" })).toEqual({ path: "/a", isAskedFor: true });
  expect(configPathOf({ config: "/b" }, { CRI_CONFIG_FILE: "/a" })).toEqual({ path: "/b", isAskedFor: true });
});
