import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeAll, expect, test } from "vitest";
import { root } from "../built-cli.js";
import { findChromium, Page } from "../chromium.js";
import { temporaryFolder } from "../temporary-folder.js";
import { cli, folderWith } from "./run-cli.js";

const MATMUL = join(root, "examples/matmul.kernel.ts");
const out = temporaryFolder("inspect");
const matmul = join(out, "matmul.html");
const scale = join(out, "scale.html");

const SCALE = `import { arange, kernel, load, type Ptr, store } from "tilescript";
/** Less < and & more: "quoted" </script><b>bold</b>. */
export const scale = kernel(({ x }: { x: Ptr<"f32"> }) => {
  store(x + arange(0, 64), load(x + arange(0, 64)) * 2);
});
`;

beforeAll(async () => {
  const made = await cli(
    "inspect",
    `${MATMUL}#matmul`,
    "-o",
    matmul,
    "--arch",
    "sm_90",
    "--set",
    "K=128",
    "--set",
    "BK=64",
  );
  expect(made).toMatchObject({ code: 0, stdout: `matmul for sm_90: ${matmul}\n` });
  const folder = folderWith({ "scale.kernel.ts": SCALE });
  expect((await cli("inspect", join(folder, "scale.kernel.ts"), "-o", scale, "--arch", "sm_120")).code).toBe(0);
});

const pages: Page[] = [];
afterEach(async () => {
  for (const one of pages.splice(0)) await one.close();
});
async function open(file: string, hash: string, width: number, height: number, dark = false): Promise<Page> {
  const one = await Page.open(await findChromium(), pathToFileURL(file).href + hash, width, height, dark);
  pages.push(one);
  return one;
}

test("one file with the facts, five stages and nothing from elsewhere; what is in a kernel stays text", () => {
  const html = readFileSync(matmul, "utf8");
  for (const stage of ["TypeScript", "Triton", "TTGIR", "PTX", "SASS"]) expect(html).toContain(`data-stage="${stage}"`);
  expect(html).toContain("<kbd>BK = 64</kbd>");
  // Two turns of two tiles of 64 × 64 in bf16; the result in f32.
  expect(html).toContain("<dd>48 KiB</dd><p>32 KiB read, 16 KiB written</p>");
  expect(html).toContain("<dd>1,056,768</dd>");
  expect(html).not.toMatch(/\b(?:src|href)=|@import|url\(/);
  const small = readFileSync(scale, "utf8");
  expect(small).toContain("Less &lt; and &amp; more: &quot;quoted&quot; &lt;/script&gt;&lt;b&gt;bold");
  expect(small).not.toContain("<b>bold");
});

test("what cannot be inspected is answered", async () => {
  const run = async (...args: string[]) => (await cli("inspect", MATMUL, "-o", join(out, "no.html"), ...args)).stderr;
  expect(await run("--set", "Q=1")).toContain("matmul has no constant and no integer Q");
  expect(await run("--set", "Q=1")).toContain("It has M, N, K, BM, BN, BK.");
  expect(await run("--set", "BK=much")).toContain("BK of matmul cannot be much");
  expect(await run("--set", "BK=48")).toContain("TS-K");
  expect(await run("--build", "7")).toContain("matmul has no build 7");
  expect((await cli("inspect", MATMUL)).code).toBe(2);
  expect((await cli("inspect", MATMUL, "-o", join(out, "none/page.html"))).stderr).toContain(
    "--out: the page cannot be written",
  );
  expect(await run("--set", "BK")).toContain("Expected a parameter and its value, such as BK=64.");
});

const LIT = (name: string): string =>
  `Object.fromEntries([...document.querySelectorAll("section")].map((one) => [one.dataset.stage, [...one.querySelectorAll("li.${name} code")].map((code) => code.textContent)]))`;
type Lit = Record<string, string[]>;

test("lines that belong together light up under the pointer, and stay lit after a click", async () => {
  const page = await open(matmul, "", 1280, 800);
  expect(await page.evaluate<Lit>(LIT("lit"))).toMatchObject({ TypeScript: [], SASS: [] });
  await page.point("[data-stage=TypeScript] li", "acc += dot(x, y)");
  const lit = await page.evaluate<Lit>(LIT("lit"));
  expect(lit.TypeScript!.map((text) => text.trim())).toEqual(["acc += dot(x, y);"]);
  expect(lit.Triton!.join()).toContain("tl.dot(x, y)");
  expect(lit.TTGIR!.join()).toContain("warp_group_dot");
  expect(lit.PTX!.join()).toContain("wgmma.mma_async");
  expect(lit.SASS!.join()).toContain("HGMMA");
  await page.point("[data-stage=SASS] li", "STG.E", true);
  expect((await page.evaluate<Lit>(LIT("pinned"))).TypeScript!.join()).toContain("store(p.c");
  await page.point("[data-stage=TypeScript] li", "acc += dot(x, y)");
  expect((await page.evaluate<Lit>(LIT("pinned"))).Triton!.join()).toContain("tl.store(");
  await page.send("Input.dispatchKeyEvent", { type: "keyDown", key: "Escape" });
  expect((await page.evaluate<Lit>(LIT("pinned"))).TypeScript).toEqual([]);
  expect(page.errors).toEqual([]);
  expect(page.requests).toEqual([pathToFileURL(matmul).href]);
});

test("a link to a line opens with it lit and in view in every pane, and panes can be put away", async () => {
  const line =
    readFileSync(MATMUL, "utf8")
      .split("\n")
      .findIndex((text) => text.includes("dot(x, y)")) + 1;
  const page = await open(matmul, `#${line}`, 1280, 800);
  expect((await page.evaluate<Lit>(LIT("pinned"))).SASS!.join()).toContain("HGMMA");
  const inView = `[...document.querySelectorAll("ol")].map((list) => { const [one, all] = [list.querySelector("li.pinned"), list].map((each) => each.getBoundingClientRect()); return one.top >= all.top && one.bottom <= all.bottom; })`;
  expect(await page.evaluate(inView)).toEqual([true, true, true, true, true]);
  const before = await page.evaluate<number>(`document.querySelector("[data-stage=SASS]").clientWidth`);
  for (const stage of ["Triton", "TTGIR", "PTX"]) await page.point("nav button", stage, true);
  expect(await page.evaluate(`document.querySelectorAll("section:not([hidden])").length`)).toBe(2);
  expect(await page.evaluate<number>(`document.querySelector("[data-stage=SASS]").clientWidth`)).toBeGreaterThan(
    1.8 * before,
  );
});

/** WCAG's ratio of the least legible text to what is behind it. */
const CONTRAST = `(() => {
  for (const one of document.querySelectorAll("li.mapped")) one.classList.add("pinned");
  const channel = (value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const level = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number); return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
  const behind = (one) => { const { backgroundColor } = getComputedStyle(one); return /, 0\\)$|transparent/.test(backgroundColor) ? behind(one.parentElement) : backgroundColor; };
  const all = [...document.querySelectorAll("h1, small, kbd, dt, dd, dl p, button, h2 span, footer, li b, li code, li i, s")].filter((one) => one.textContent.trim() !== "");
  return all.map((one) => { const [a, b] = [getComputedStyle(one).color, behind(one)].map(level).sort((a, b) => b - a); return [(a + 0.05) / (b + 0.05), one.outerHTML.slice(0, 60)]; }).sort(([a], [b]) => a - b)[0];
})()`;

test("it is legible in light and dark, lit lines too, and fits 1280 pixels and a narrow window", async () => {
  for (const [file, dark] of [
    [matmul, false],
    [matmul, true],
    [scale, true],
  ] as const) {
    const page = await open(file, file === matmul ? "#37" : "#4", 1280, 800, dark);
    const [least, where] = await page.evaluate<[number, string]>(CONTRAST);
    expect(least, where).toBeGreaterThan(4.5);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1280);
    expect(await page.evaluate<number>("document.documentElement.scrollHeight")).toBeLessThanOrEqual(800);
    const heights = await page.evaluate<number[]>(
      `[...document.querySelectorAll("section")].map((one) => one.clientHeight)`,
    );
    expect(Math.min(...heights)).toBeGreaterThan(150);
  }
  const narrow = await open(matmul, "#37", 380, 800);
  expect(await narrow.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(380);
  const edges = await narrow.evaluate<number[]>(
    `[...document.querySelectorAll("section")].map((one) => one.getBoundingClientRect().left)`,
  );
  expect(new Set(edges).size).toBe(1);
  const { data } = await narrow.send("Page.captureScreenshot");
  writeFileSync(join(out, "narrow.png"), Buffer.from(data as string, "base64"));
});
