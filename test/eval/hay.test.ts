import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EvaluationError, Hay, noise } from "../../eval/niah/index.js";
import { readTextSource } from "../../eval/shared/text-source.js";
import { folderWith } from "../cli/run-cli.js";
import { smallTokenizer } from "./small-tokenizer.js";

const tokenizer = smallTokenizer();
const encode = (text: string, atLeast = 1000) => Hay.encode({ name: "test", text }, tokenizer, { atLeast });
const textOf = (hay: Hay, start: number, end: number): string => {
  const out: number[] = [];
  hay.copy(start, end, out);
  return tokenizer.decode(out);
};

describe("hay", () => {
  it("is the text, again and again", async () => {
    const hay = await encode(noise.text);
    expect(textOf(hay, 0, hay.period)).toBe(noise.text);
    expect(textOf(hay, 0, 2 * hay.period)).toBe(noise.text.repeat(2));
    expect(textOf(hay, hay.period - 4, hay.period + 1)).toBe("in.\nThe");
  });

  it("is encoded only as far as it is needed, and tells how far it is", async () => {
    const told: number[] = [];
    const text = "word and word. ".repeat(100_000);
    const hay = await Hay.encode({ name: "long", text }, tokenizer, {
      atLeast: 100_000,
      onProgress: (done, needed) => told.push(done / needed),
    });
    expect(hay.period).toBeGreaterThanOrEqual(100_000);
    expect(hay.period).toBeLessThan(200_000);
    expect(told.length).toBeGreaterThan(1);
    expect(told.at(-1)).toBe(1);
  });

  it("does not depend on how much of it was encoded", async () => {
    const text = "A line of words. And one more!\n".repeat(20_000);
    const [short, long] = await Promise.all([encode(text, 10), encode(text, 400_000)]);
    expect(long.period).toBeGreaterThan(short.period);
    for (const position of [0, 777, 31_000, short.period - 100]) {
      expect(long.at(position)).toBe(short.at(position));
      expect(long.sentenceNear(position, 50_000)).toBe(short.sentenceNear(position, 50_000));
    }
    expect(long.sha256).toBe(short.sha256);
  });

  it("stops when its signal is aborted", async () => {
    const stop = new AbortController();
    const encoding = Hay.encode({ name: "long", text: "word and word. ".repeat(100_000) }, tokenizer, {
      atLeast: 1e7,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error("enough")),
    });
    await expect(encoding).rejects.toThrow("enough");
  });

  it("comes from a text file, and from no other", () => {
    const folder = folderWith({ "a.txt": "\uFEFFSome text.", "empty.txt": " \n", "binary.bin": "a\0b" });
    expect(readTextSource(join(folder, "a.txt"))).toEqual({ name: "a.txt", text: "Some text." });
    expect(() => readTextSource(join(folder, "empty.txt"))).toThrow(EvaluationError);
    expect(() => readTextSource(join(folder, "empty.txt"))).toThrow(/has no text/);
    expect(() => readTextSource(join(folder, "binary.bin"))).toThrow(/is not text/);
    writeFileSync(join(folder, "latin1.txt"), Buffer.from("caf\u00E9 au lait", "latin1"));
    expect(() => readTextSource(join(folder, "latin1.txt"))).toThrow(/is not UTF-8/);
    expect(() => readTextSource(join(folder, "missing.txt"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
    expect(() => readTextSource(folder)).toThrow(
      expect.objectContaining({ path: folder, what: "it is a folder, not a file" }),
    );
  });
});

describe("a place between sentences", () => {
  const placeIn = async (text: string, position: number, end = 10_000) => {
    const hay = await encode(text);
    const place = hay.sentenceNear(position, end);
    return { place, before: textOf(hay, Math.max(0, place - 12), place), after: textOf(hay, place, place + 6) };
  };

  it("is where one ends and the next begins", async () => {
    const text = 'He said "yes." She came! (Did she?) Mr. Smith has 3.14 dogs. And so on.\n';
    const hay = await encode(text);
    const places = new Set(Array.from({ length: hay.period }, (_, at) => hay.sentenceNear(at, hay.period)));
    const cuts = [...places].sort((a, b) => a - b).map((at) => textOf(hay, Math.max(0, at - 3), at));
    expect(cuts).toEqual(["", 's."', "me!", "e?)", "Mr.", "gs.", "on."]);
  });

  it("is the nearest, before or after, but not past the end", async () => {
    const text = "aaaaaaaaa. bbbbbbbbb. ccccccccc. ";
    expect((await placeIn(text, 14)).place).toBe(10);
    expect((await placeIn(text, 18)).place).toBe(21);
    expect((await placeIn(text, 18, 20)).place).toBe(10);
    expect((await placeIn(text, 3)).place).toBe(0);
  });

  it("is found in repeated hay as in the first", async () => {
    const hay = await encode(noise.text);
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(1_000_000), (position, more) => {
        const end = position + more;
        const place = hay.sentenceNear(position, end);
        expect(place).toBeLessThanOrEqual(end);
        if (place > 0) expect(textOf(hay, place - 4, place)).toMatch(/[.]\n?$/);
        if (more > hay.period) expect(Math.abs(place - position)).toBeLessThan(30);
      }),
    );
  });

  it("is the end of a line, or of a word, where there are no sentences", async () => {
    const lines = await placeIn("one,two,three\nfour,five,six\n".repeat(100), 20);
    expect(lines.before).toMatch(/three\n$/);
    const words = await placeIn("one two three four ".repeat(500).trim(), 6);
    expect(`${words.before}|${words.after}`).toMatch(/\w\| |\s\|\w/);
    expect((await placeIn("x".repeat(5000), 1234)).place).toBe(1234);
  });
});
