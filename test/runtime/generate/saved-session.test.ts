/** Conversations in files: what comes back, and what is refused. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type GenerateOptions, type Model, SessionFileError } from "../../../runtime/index.js";
import { Runner } from "../../../runtime/models/runner.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { loadTiny, tinyPath } from "./tiny-model.js";

afterEach(() => vi.restoreAllMocks());

const drawn = (seed: number): GenerateOptions => ({ temperature: 1, topK: 4, topP: 1, seed, maxTokens: 20 });
const STREAMING = "streaming:global=4,local=16,chunk=8";
const REATTENTION = "reattention:global=4,local=16,topK=2,span=8,clip=3,chunk=8";

let path = "";
beforeAll(() => {
  path = tinyPath();
});

const fresh = (name = "a.session") => join(temporaryFolder("session"), name);

async function talk(model: Model, turns = 2) {
  const session = model.session({ system: "abcdefgh" });
  for (let turn = 0; turn < turns; turn++) await session.prompt("abcdefgh".slice(turn), drawn(turn)).result;
  return session;
}

describe.each(["dense", STREAMING, REATTENTION])("%s", (attention) => {
  it("a conversation goes on from its file as if it had never ended, in another process's model too", async () => {
    const file = fresh();
    using model = await loadTiny({ path, attention });
    const session = await talk(model);
    await session.save(file);
    expect(readdirSync(dirname(file))).toEqual(["a.session"]);
    const { text, promptTokens, cachedTokens } = await session.prompt("mm", drawn(9)).result;

    using other = await loadTiny({ path, attention });
    const again = await other.restore(file);
    expect(again.history).toEqual(session.history.slice(0, -2));
    const read = vi.spyOn(Runner.prototype, "read");
    const answer = await again.prompt("mm", drawn(9)).result;
    expect(answer).toMatchObject({ text, promptTokens });
    expect(answer.cachedTokens).toBe(cachedTokens);
    expect(promptTokens - cachedTokens).toBeLessThan(attention === "dense" ? 9 : 40);
    expect(read.mock.calls.reduce((sum, [chunk]) => sum + chunk.count, 0)).toBe(promptTokens - cachedTokens);
    expect(again.history).toEqual(session.history);
  });
});

it("a conversation whose cache is gone is saved without it", async () => {
  const file = fresh();
  using model = await loadTiny({ path });
  const session = await talk(model, 1);
  for (let other = 0; other < 6; other++) await model.generateFrom([other, 1, 2], { maxTokens: 2 }).result;
  await session.save(file);
  using again = await model.restore(file);
  expect(again.history).toEqual(session.history);
  await expect(again.prompt("a", drawn(1)).result).resolves.toMatchObject({ promptTokens: expect.any(Number) });
});

it("saving a conversation does not take others' caches", async () => {
  using model = await loadTiny({ path });
  const [one, other] = [await talk(model), model.session()];
  await other.prompt("mmm", drawn(1)).result;
  await one.save(fresh());
  await one.save(fresh());
  for (const session of [one, other]) {
    const { promptTokens, cachedTokens } = await session.prompt("k", drawn(2)).result;
    expect(promptTokens - cachedTokens).toBeLessThan(9);
  }
});

it("a file is there whole, or as it was", async () => {
  const file = fresh();
  using model = await loadTiny({ path });
  const session = await talk(model);
  await session.save(file);
  const before = readFileSync(file);
  await session.prompt("mm", drawn(3)).result;
  let reads = 0;
  const { read } = model.device;
  vi.spyOn(model.device, "read").mockImplementation(function (this: Model["device"], ...given) {
    if (++reads === 3) return Promise.reject(new Error("the device is gone"));
    return read.apply(this, given);
  });
  await expect(session.save(file)).rejects.toThrow("the device is gone");
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(dirname(file))).toEqual(["a.session"]);
  await expect(session.save(file, { signal: AbortSignal.abort(new Error("no more")) })).rejects.toThrow("no more");
  expect(readFileSync(file).equals(before)).toBe(true);
  const folder = join(dirname(file), "nowhere/deeper.session");
  await expect(session.save(folder)).rejects.toThrow(SessionFileError);
});

describe("is refused, with the reason:", () => {
  let model: Model;
  let file = "";
  beforeAll(async () => {
    model = await loadTiny({ path });
    file = fresh();
    await (await talk(model)).save(file);
    return () => model.close();
  });

  /** The file with some of its bytes changed, and its checksum made right again if it is to be. */
  function changed(change: (bytes: Buffer) => Buffer | undefined, isSigned = false): string {
    const bytes = Buffer.from(readFileSync(file));
    const made = change(bytes) ?? bytes;
    if (isSigned)
      createHash("sha256")
        .update(made.subarray(0, -32))
        .digest()
        .copy(made, made.length - 32);
    const copy = fresh();
    writeFileSync(copy, made);
    return copy;
  }

  /** The same length of header, so that all else stays where it is. */
  const said = (from: string, to: string) =>
    changed((bytes) => {
      const at = bytes.indexOf(from);
      expect(at).toBeGreaterThan(0);
      bytes.write(to.padEnd(from.length), at);
      return undefined;
    }, true);

  const refused = (copy: string, message: RegExp) =>
    expect(model.restore(copy)).rejects.toSatisfy(
      (error) => error instanceof SessionFileError && error.path === copy && message.test(error.message),
    );

  it("what is no such file", async () => {
    const folder = fresh("folder");
    mkdirSync(folder);
    for (const [copy, message] of [
      [join(folder, "none"), /cannot be read .*no such file/],
      [folder, /cannot be read .*is a directory/],
      [changed(() => Buffer.alloc(0)), /no conversation that was saved/],
      [changed((bytes) => bytes.subarray(0, 20)), /no conversation that was saved/],
      [path, /no conversation that was saved/],
    ] as const)
      await refused(copy, message);
  });

  it("another version", () =>
    refused(
      changed((bytes) => void bytes.writeUInt32LE(7, 8), true),
      /saved in version 7, and this is version 1/,
    ));

  it("what is damaged", async () => {
    await refused(
      changed((bytes) => bytes.subarray(0, -1)),
      /damaged: it has \d+ bytes, and its header speaks of \d+/,
    );
    await refused(
      changed((bytes) => Buffer.concat([bytes, bytes])),
      /damaged: it has \d+ bytes/,
    );
    await refused(
      changed((bytes) => void bytes.writeUInt8(bytes[5000]! ^ 1, 5000)),
      /damaged: its checksum is another/,
    );
    await refused(
      changed((bytes) => void bytes.writeUInt32LE(2 ** 31, 12)),
      /damaged: its header goes beyond its end/,
    );
    await refused(
      changed((bytes) => void bytes.write("}", 16), true),
      /damaged: its header is no JSON/,
    );
    await refused(said('"cached":[17', '"cached":[99'), /damaged: its tokens are none of the model's/);
    await refused(said('"role":"system"', '"role":"master"'), /damaged: its history is no conversation/);
    await refused(said('"last":{"encoded":[17', '"last":{"encoded":[-1'), /damaged: its last turn is none/);
    await refused(said('"layers":2', '"layers":1'), /damaged: its sizes/);
  });

  it("another model, another attention, and a context that is too small", async () => {
    const wrong = async (options: Parameters<typeof loadTiny>[0], message: RegExp) => {
      using other = await loadTiny(options);
      await expect(other.restore(file)).rejects.toThrow(message);
    };
    await wrong({ path: tinyPath("mistral with windows") }, /held with another model/);
    await wrong(
      { path, attention: STREAMING },
      /held with attention "dense", and the model was loaded with "streaming/,
    );
    await wrong({ path, context: 20 }, /has \d+ tokens, and the context holds 20/);
    // The same weights elsewhere are the same model.
    using same = await loadTiny();
    await expect(same.restore(file)).resolves.toBeDefined();
  });

  it("and the model goes on", async () => {
    await expect(model.restore(file)).resolves.toBeDefined();
    expect(existsSync(file)).toBe(true);
  });
});
