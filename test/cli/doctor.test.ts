import { expect, it, vi } from "vitest";
import { openFake } from "../runtime/native/fake-driver.js";
import { cli } from "./run-cli.js";

it("doctor flags a cache that cannot be written to, and a model that is not there", async () => {
  vi.stubEnv("TILESCRIPT_CACHE", "/proc/nowhere");
  vi.stubEnv("TILESCRIPT_MODEL", "/nowhere.gguf");
  const { code, stdout } = await cli("doctor", "--json");
  vi.unstubAllEnvs();
  expect(code).toBe(0);
  const findings = JSON.parse(stdout) as { name: string; state: string; found: string; remedy?: string }[];
  expect(findings.find(({ name }) => name === "Kernel cache")).toMatchObject({
    state: "limited",
    found: expect.stringContaining("/proc/nowhere cannot be written to"),
    remedy: expect.stringContaining("TILESCRIPT_CACHE"),
  });
  expect(findings.find(({ name }) => name === "Model")).toMatchObject({
    state: "missing",
    found: expect.stringContaining("/nowhere.gguf"),
    remedy: expect.stringContaining("TILESCRIPT_MODEL"),
  });
});

it("doctor shows each pair of GPUs, and what it costs where they do not reach each other", async () => {
  const { fake } = openFake();
  fake.set("DEVICES", 3);
  fake.set("PEERS 2 0", 0);
  const shown = async () => {
    const { stdout } = await cli("doctor");
    return stdout.split("\n").filter((line) => /GPU \d|spread|switch|NVLink/.test(line));
  };
  const pairs = async () =>
    (await shown()).filter((line) => !/^✓ GPU \d {2,}/.test(line)).map((line) => line.trim().replace(/ {2,}/, "  "));
  expect((await shown()).filter((line) => /^✓ GPU \d {2,}/.test(line))).toHaveLength(3);
  expect(await pairs()).toEqual([
    "✓ GPU 0, GPU 1  peer access, link of rank 0 (0 is the fastest here), native atomics, as over NVLink",
    "✗ GPU 0, GPU 2  no peer access: GPU 2 does not reach GPU 0",
    "costs: no model and no context can be spread over these two",
    "to get it: take GPUs of one NVLink or PCIe switch (nvidia-smi topo -m); an IOMMU or a virtual machine may keep them apart",
    "✓ GPU 1, GPU 2  peer access, link of rank 0 (0 is the fastest here), native atomics, as over NVLink",
  ]);
  fake.set("DEVICES", 2);
  fake.set("ATOMICS", 0);
  fake.set("RANK", 1);
  expect(await pairs()).toEqual([
    "! GPU 0, GPU 1  peer access, link of rank 1 (0 is the fastest here), no native atomics, as over PCIe",
    "costs: what is exchanged between them takes longer than over NVLink",
  ]);
  fake.reset();
  fake.set("DEVICES", 2);
  fake.fail("cuDeviceGetP2PAttribute", 1, 801);
  expect(await pairs()).toEqual([
    expect.stringContaining("! GPU 0, GPU 1  the driver does not tell: cuDeviceGetP2PAttribute("),
  ]);
  fake.reset();
  expect(await pairs()).toEqual([]);
});
