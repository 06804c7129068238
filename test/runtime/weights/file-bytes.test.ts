/** Files opened for reading: what is refused, the descriptor for who reads by place, and files that change meanwhile. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openFileBytes } from "../../../runtime/weights/file-bytes.js";

const folder = mkdtempSync(join(tmpdir(), "tilescript-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

const content = Uint8Array.from({ length: 1000 }, (_, index) => index * 7);
const fileOf = (name: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

it("a file gives views and a descriptor, until it is closed", () => {
  const file = openFileBytes(fileOf("plain"));
  expect(file.size).toBe(1000);
  expect([...file.view(990, 10)]).toEqual([...content.subarray(990)]);
  const into = new Uint8Array(10);
  readSync(file.descriptor, into, 0, 10, 500);
  expect([...into]).toEqual([...content.subarray(500, 510)]);
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

it("a file is refused, and not waited for, unless it is a regular one at an ordinary path", () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(() => openFileBytes(pipe)).toThrow(`${pipe}: is not a regular file.`);
  expect(() => openFileBytes("/dev/zero")).toThrow("/dev/zero: is not a regular file.");
  expect(() => openFileBytes(folder)).toThrow(`${folder}: is a directory.`);
  expect(() => openFileBytes(join(folder, "none"))).toThrow("none: there is no such file.");
  expect(() => openFileBytes(`${fileOf("plain")}\0x`)).toThrow(expect.objectContaining({ code: "file-unreadable" }));
});

it("a file that shrinks while it is read is named", () => {
  const path = fileOf("shrinks");
  const file = openFileBytes(path);
  truncateSync(path, 100);
  expect(() => file.view(50, 100)).toThrow(expect.objectContaining({ code: "file-truncated", file: path, offset: 50 }));
  expect(() => file.view(50, 50)).toThrow(expect.objectContaining({ code: "file-changed", file: path }));
  file.close();
});

it("a file that is written to in place while it is read is named", () => {
  const path = fileOf("rewritten");
  utimesSync(path, 1, 1);
  const file = openFileBytes(path);
  writeFileSync(path, content.toReversed());
  expect(() => file.view(0, 10)).toThrow(`${path}: was written to while it was read.`);
  file.close();
});

it("a file that another one takes the place of is read to its end", () => {
  const path = fileOf("replaced");
  const file = openFileBytes(path);
  writeFileSync(join(folder, "other"), content.toReversed());
  renameSync(join(folder, "other"), path);
  expect([...file.view(990, 10)]).toEqual([...content.subarray(990)]);
  file.close();
});

it("bytes in memory have views and no descriptor", () => {
  const file = openFileBytes("model", () => content.buffer);
  expect([...file.view(990, 10)]).toEqual([...content.subarray(990)]);
  file.requireUnchanged();
  expect(() => file.descriptor).toThrow("model: is in memory and has no descriptor");
});
