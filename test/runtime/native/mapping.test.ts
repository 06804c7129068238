import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { mapFile, openMappedFile } from "../../../runtime/native/index.js";
import { openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-mapping-"));
const path = join(folder, "bytes");
const content = Uint8Array.from({ length: 10_000 }, (_, index) => index * 7);
writeFileSync(path, content);

afterAll(() => rmSync(folder, { recursive: true }));

it("maps a whole file, without a driver", () => {
  expect(Buffer.from(mapFile(path)).equals(content)).toBe(true);
});

it("gives views of any part, detached by close", () => {
  const file = openMappedFile(path);
  expect(file.byteLength).toBe(10_000);
  const view = new Uint8Array(file.view(9_990, 10));
  expect([...view]).toEqual([...content.subarray(9_990)]);
  expect(() => file.view(9_990, 11)).toThrow("11 bytes at 9990 lie outside the 10000 bytes of the mapped file");
  expect(file.view(10_000, 0).byteLength).toBe(0);
  file.close();
  expect(view.byteLength).toBe(0);
  expect(() => file.view(0, 1)).toThrow("destroyed");
});

it("keeps what is written to a view from the file", () => {
  using file = openMappedFile(path);
  new Uint8Array(file.view(0, 4)).fill(255);
  expect(readFileSync(path).equals(content)).toBe(true);
});

it("maps an empty file", () => {
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  expect(mapFile(empty).byteLength).toBe(0);
});

it("fails as node:fs does", () => {
  expect(() => mapFile(join(folder, "missing"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  expect(() => mapFile(folder)).toThrow(expect.objectContaining({ code: "EISDIR" }));
});

it("reaches beyond 4 GiB, where one ArrayBuffer does not", () => {
  const big = join(folder, "big");
  writeFileSync(big, "");
  truncateSync(big, 5 * 2 ** 30);
  expect(() => mapFile(big)).toThrow(RangeError);
  using file = openMappedFile(big);
  expect(file.view(4.5 * 2 ** 30, 16).byteLength).toBe(16);
  rmSync(big);
});

it("refuses what is no regular file, without waiting for it", () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, "/dev/zero"])
    expect(() => mapFile(path)).toThrow(expect.objectContaining({ code: "ENODEV", path }));
});

it("stays mapped while an upload reads it", async () => {
  using context = new addon.Context(0);
  using memory = new addon.Memory(context, 10_000);
  fake.set("DELAY", 2);
  using stream = new addon.Stream(context);
  const file = openMappedFile(path);
  const writing = [
    stream.writeAsync(memory, 0, new Uint8Array(file.view(0, 3_000))),
    stream.writeAsync(memory, 3_000, new Uint8Array(file.view(3_000, 7_000))),
  ];
  file.close();
  await Promise.all(writing);
  fake.set("DELAY", 0);
  const bytes = new Uint8Array(10_000);
  stream.read(memory, 0, bytes);
  expect(Buffer.from(bytes).equals(content)).toBe(true);
});
