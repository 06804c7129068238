/** Files opened for reading: what is refused, and the descriptor for who reads by place. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openMappedFile } from "../../../runtime/native/index.js";
import { type MapFile, openFileBytes } from "../../../runtime/weights/file-bytes.js";

const folder = mkdtempSync(join(tmpdir(), "tilescript-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

const content = Uint8Array.from({ length: 1000 }, (_, index) => index * 7);
const fileOf = (name: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const ways: [string, MapFile | undefined][] = [
  ["read", undefined],
  ["mapped", openMappedFile],
];

describe.each(ways)("a file that is %s", (way, mapFile) => {
  it("gives views and a descriptor, until it is closed", () => {
    const file = openFileBytes(fileOf(`plain-${way}`), mapFile);
    expect(file.size).toBe(1000);
    expect([...file.view(990, 10)]).toEqual([...content.subarray(990)]);
    const into = new Uint8Array(10);
    readSync(file.descriptor, into, 0, 10, 500);
    expect([...into]).toEqual([...content.subarray(500, 510)]);
    expect(file.descriptor).toBe(file.descriptor);
    for (const [offset, length] of [
      [991, 10],
      [-1, 1],
      [0.5, 1],
      [0, Number.NaN],
    ] as const)
      expect(() => file.view(offset, length)).toThrow(`${length} bytes wanted, but the file ends at 1000`);
    file.close();
    file.close();
    for (const use of [() => file.view(0, 1), () => file.descriptor]) expect(use).toThrow("used after it was closed");
  });

  it("is refused, and not waited for, unless it is a regular file", () => {
    const pipe = join(folder, `pipe-${way}`);
    execFileSync("mkfifo", [pipe]);
    expect(() => openFileBytes(pipe, mapFile)).toThrow(`${pipe}: is not a regular file.`);
    expect(() => openFileBytes("/dev/zero", mapFile)).toThrow("/dev/zero: is not a regular file.");
    expect(() => openFileBytes(folder, mapFile)).toThrow(`${folder}: is a directory.`);
    expect(() => openFileBytes(join(folder, "none"), mapFile)).toThrow("none: there is no such file.");
  });
});

it("a file that shrinks while it is read is named", () => {
  const path = fileOf("shrinks");
  const file = openFileBytes(path);
  truncateSync(path, 100);
  expect(() => file.view(50, 100)).toThrow(expect.objectContaining({ code: "file-truncated", file: path, offset: 50 }));
  expect([...file.view(50, 50)]).toEqual([...content.subarray(50, 100)]);
  file.close();
});

it("a file that was replaced after it was mapped gives no descriptor of the other", () => {
  const path = fileOf("replaced");
  const file = openFileBytes(path, openMappedFile);
  writeFileSync(join(folder, "other"), content.subarray(1));
  renameSync(join(folder, "other"), path);
  expect(() => file.descriptor).toThrow(`${path}: has 999 bytes now and had 1000.`);
  file.close();
});
