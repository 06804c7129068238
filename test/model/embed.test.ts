/** Texts as vectors, beside what a plain decoder in numpy has behind its last norm. */
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Model } from "../../runtime/index.js";
import type { Reference } from "../reference/answer.js";
import { temporaryFolder } from "../temporary-folder.js";
import { askReference, promptOf, writeTinyModels } from "./tiny-models.js";

const PROMPTS = [promptOf(20), promptOf(150)];
const FAMILIES = ["llama", "gemma3"];
const models = new Map<string, Model>();
let references: readonly Reference[];

beforeAll(async () => {
  const folder = temporaryFolder("embed");
  const made = FAMILIES.map((family) => ({ folder: join(folder, family), family }));
  await writeTinyModels(made);
  const paths = made.map(({ folder }) => join(folder, "model"));
  references = await askReference(paths, { prompts: PROMPTS, greedy: 0, hidden: true });
  for (const [i, path] of paths.entries())
    models.set(FAMILIES[i]!, await Model.load({ path, device: "cpu", sequences: 2 }));
}, 240_000);

afterAll(() => {
  for (const model of models.values()) model.close();
});

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [product, x, y] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!;
    x += a[i]! ** 2;
    y += b[i]! ** 2;
  }
  return product / Math.sqrt(x * y);
};

const mean = (rows: readonly (readonly number[])[]): number[] =>
  rows[0]!.map((_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);

test.each(FAMILIES)("%s: mean, last and first, of a chunk and of several", async (family) => {
  const model = models.get(family)!;
  const own = references.filter((one) => one.model.includes(`/${family}/`));
  expect(own).toHaveLength(2);
  const expected = {
    mean: own.map(({ hidden }) => mean(hidden!)),
    last: own.map(({ hidden }) => hidden!.at(-1)!),
    cls: own.map(({ hidden }) => hidden![0]!),
  };
  for (const pooling of ["mean", "last", "cls"] as const) {
    const { vectors, tokens } = await model.embed(PROMPTS, { pooling, normalize: false });
    expect(tokens).toBe(170);
    vectors.forEach((vector, i) => {
      const wanted = expected[pooling][i]!;
      expect(vector).toHaveLength(wanted.length);
      // The chunk's products are in bfloat16.
      expect(cosine(vector, wanted)).toBeGreaterThan(0.999);
      expect(Math.hypot(...vector) / Math.hypot(...wanted)).toBeCloseTo(1, 1);
    });
    const unit = await model.embed(PROMPTS, { pooling });
    expect(Math.hypot(...unit.vectors[0]!)).toBeCloseTo(1, 5);
    expect(cosine(unit.vectors[0]!, vectors[0]!)).toBeCloseTo(1, 5);
  }
});

test("texts are read beside answers, and each as if it were alone", async () => {
  const model = models.get("llama")!;
  const asked = { maxTokens: 12, temperature: 0 };
  const alone = [await model.generate("hi", asked).result, await model.embed(["a text", "another"])] as const;
  const [answer, embedded, other] = await Promise.all([
    model.generate("hi", asked).result,
    model.embed(["a text", "another"]),
    model.embed(["another"]),
  ]);
  expect(answer.text).toBe(alone[0].text);
  expect(embedded).toEqual(alone[1]);
  expect(other.vectors[0]).toEqual(alone[1].vectors[1]);
});

test("what makes no sense is refused by name", async () => {
  const model = models.get("llama")!;
  const fails = (texts: unknown, options: object, message: RegExp) =>
    expect(model.embed(texts as string[], options)).rejects.toThrow(message);
  await fails([], {}, /give 1 to 2048 texts/);
  await fails(["a", []], {}, /text 1 has no token/);
  await fails([3], {}, /^text 0 is 3; give a text or a list of tokens$/);
  await fails(["a", [1e9]], {}, /^text 1 has 1000000000, which is no token; give ids from 0 to \d+$/);
  await fails([[1, undefined, 2]], {}, /^text 0 has undefined, which is no token/);
  await fails(["x ".repeat(100_000)], {}, /text 0 has \d+ tokens, and the context holds/);
  await fails(["a"], { pooling: "max" }, /pooling is "max"; give mean, last, cls/);
  await fails(["a"], { normalise: true }, /there is no option normalise/);
  await expect(model.embed(["a"], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});
