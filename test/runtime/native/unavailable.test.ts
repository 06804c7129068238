import { afterEach, expect, it } from "vitest";
import { loadNative, openDriver } from "../../../runtime/native/index.js";
import { openingCalls } from "./driver-calls.js";
import { buildFake, type FakeDriver } from "./fake-driver.js";

const path = buildFake();
const module = { exports: {} };
process.dlopen(module, path);
const fake = module.exports as FakeDriver;

afterEach(() => {
  fake.reset();
  delete process.env.TILESCRIPT_LIBCUDA;
  delete process.env.TILESCRIPT_NATIVE;
});

// The add-on and then the driver are kept once they have worked: what is missing comes first, in this order.
it("without an add-on says how to get one", () => {
  process.env.TILESCRIPT_NATIVE = "/nowhere/tilescript.node";
  expect(loadNative()).toEqual({
    available: false,
    reason: "no-addon",
    detail: "there is no /nowhere/tilescript.node",
    hint: expect.stringContaining("sudo apt-get install g++"),
  });
  expect(openDriver()).toMatchObject({ available: false, reason: "no-addon" });
});

it("with a file that is no add-on says which", () => {
  process.env.TILESCRIPT_NATIVE = import.meta.filename;
  const result = loadNative();
  expect(result).toMatchObject({ available: false, reason: "bad-addon" });
  expect(result).toHaveProperty("detail", expect.stringContaining(import.meta.filename));
});

it("without a driver library says so", () => {
  process.env.TILESCRIPT_LIBCUDA = "/nowhere/libcuda.so.1";
  expect(openDriver()).toMatchObject({ available: false, reason: "no-library" });
  expect(openDriver()).toHaveProperty("detail", expect.stringContaining("/nowhere/libcuda.so.1"));
});

it("with a driver that is too old names what it lacks", () => {
  process.env.TILESCRIPT_LIBCUDA = buildFake(["-DOLD_DRIVER", "-O0"]);
  expect(openDriver()).toMatchObject({ available: false, reason: "old-driver" });
  expect(openDriver()).toHaveProperty("detail", expect.stringContaining("has no cuLaunchKernelEx"));
});

it("without a GPU says so", () => {
  process.env.TILESCRIPT_LIBCUDA = path;
  fake.set("DEVICES", 0);
  expect(openDriver()).toMatchObject({ available: false, reason: "no-device" });
});

it.each(openingCalls)("with a driver that fails in %s passes on why", (name) => {
  process.env.TILESCRIPT_LIBCUDA = path;
  fake.fail(name, 1, 700);
  expect(openDriver()).toMatchObject({
    available: false,
    reason: "init-failed",
    detail: "CUDA_ERROR_ILLEGAL_ADDRESS: fake text of CUDA_ERROR_ILLEGAL_ADDRESS",
  });
});

it("opens once everything is there, after all those failures", () => {
  process.env.TILESCRIPT_LIBCUDA = path;
  expect(openDriver()).toMatchObject({ available: true, version: 13000 });
});
