import { runtimeContract } from "../../contracts/runtime-contract.ts";
import { openRuntimePlace, shimWith } from "./place.ts";

runtimeContract("ShimRuntime with containerd-shim-runc-v2", () => openRuntimePlace(shimWith()));
