import { expect, it, vi } from "vitest";
import { links } from "../../cli/doctor/links.js";
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
  const { addon, fake } = openFake();
  fake.set("DEVICES", 3);
  fake.set("PEERS 2 0", 0);
  const { stdout } = await cli("doctor");
  const lines = stdout.split("\n").map((line) => line.trim().replace(/ {2,}/, "  "));
  const from = lines.findIndex((line) => line.includes("GPU 0, GPU 1"));
  expect(lines.slice(from - 3, from).map((line) => line.split("  ")[0])).toEqual(["✓ GPU 0", "✓ GPU 1", "✓ GPU 2"]);
  expect(lines.slice(from, from + 5)).toEqual([
    "✓ GPU 0, GPU 1  peer access, link of rank 0 (0 is the fastest here), native atomics, as over NVLink",
    "✗ GPU 0, GPU 2  no peer access: GPU 2 does not reach GPU 0",
    "costs: no model and no context can be spread over these two",
    "to get it: take GPUs of one NVLink or PCIe switch (nvidia-smi topo -m); an IOMMU or a virtual machine may keep them apart",
    "✓ GPU 1, GPU 2  peer access, link of rank 0 (0 is the fastest here), native atomics, as over NVLink",
  ]);
  fake.reset();
  fake.set("DEVICES", 2);
  fake.set("ATOMICS", 0);
  fake.set("RANK", 1);
  expect(links(addon)).toEqual([
    {
      name: "GPU 0, GPU 1",
      state: "limited",
      found: "peer access, link of rank 1 (0 is the fastest here), no native atomics, as over PCIe",
      costs: "what is exchanged between them takes longer than over NVLink",
    },
  ]);
  fake.reset();
  fake.set("DEVICES", 2);
  fake.fail("cuDeviceGetP2PAttribute", 1, 801);
  expect(links(addon)).toEqual([
    expect.objectContaining({
      state: "limited",
      found: expect.stringContaining("the driver does not tell: cuDeviceGetP2PAttribute("),
    }),
  ]);
  fake.reset();
  expect(links(addon)).toEqual([]);
});
