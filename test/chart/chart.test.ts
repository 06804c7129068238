import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type HeatMap, type HeatPanel, heatMap, type LineChart, lineChart, toPng } from "../../chart/index.js";
import { textWidth, wrapped } from "../../chart/text.js";
import { readPng } from "./read-png.js";

/** Texts of a drawing, in order. */
const texts = (svg: string): string[] => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

/** Fails where tags do not nest, text has what XML cannot have, or a number is none. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  const tag = /<(\/?)(\w+)((?:\s[\w:-]+="[^"<]*")*)\s*(\/?)>/g;
  for (const [, close, name, attributes, alone] of svg.matchAll(tag)) {
    if (close) expect(open.pop()).toBe(name);
    else if (!alone) open.push(name!);
    expect(attributes).not.toMatch(/NaN|Infinity|undefined/);
  }
  expect(open).toEqual([]);
  expect(svg.replace(tag, "")).not.toMatch(/[<>]|&(?!(?:amp|lt|gt|quot|#\d+);)|[^\P{C}\n\p{Cf}\p{Co}\p{Cn}]/u);
}

const panel: HeatPanel = {
  title: "Dense",
  columns: ["8k", "32k"],
  rows: ["0 %", "100 %"],
  cells: [
    [
      { share: 1, text: "100" },
      { share: 0.5, text: "50", note: "12/30" },
    ],
    [{ share: undefined, text: "no memory" }, undefined],
  ],
  mark: { column: 1, text: "trained to here" },
};

const map: HeatMap = {
  title: "Needle <in> a haystack",
  subtitle: 'A & "B"',
  columnsLabel: "context",
  rowsLabel: "depth",
  panels: [panel, { ...panel, title: "Other" }, panel],
  legend: { low: "0 %", high: "100 % right" },
};

const chart: LineChart = {
  title: "Time per token",
  x: { label: "tokens", scale: "log2", format: (value) => `${value / 1024}k` },
  y: { label: "ms", scale: "log10" },
  series: [
    {
      name: "dense",
      points: [
        [1048576, 17],
        [8192, 1],
        [131072, 3],
      ],
    },
    {
      name: "ReAttention",
      points: [
        [8192, 1],
        [131072, 0],
        [262144, 2],
        [1048576, 4],
      ],
    },
  ],
  references: [
    {
      name: "floor",
      points: [
        [8192, 0.2],
        [1048576, 2.9],
      ],
    },
    {
      name: "another",
      points: [
        [8192, 0.1],
        [1048576, 1.9],
      ],
    },
  ],
};

const pngOf = async (svg: string) => readPng(await toPng(svg, { scale: 1 }));
const hex = (colour: readonly number[]) =>
  colour
    .slice(0, 3)
    .map((part) => part.toString(16).padStart(2, "0"))
    .join("");

/** Boxes that hold all letters: where each text begins, and its size. */
function boxes(svg: string) {
  return [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].flatMap(([, attributes, text]) => {
    const size = Number(/font-size:(\d+)px/.exec(attributes!)![1]);
    const place = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(attributes!);
    if (!place || text === "") return [];
    const at = (name: string) => Number(new RegExp(` ${name}="([-\\d.]+)"`).exec(` ${attributes}`)?.[1] ?? 0);
    const width = textWidth(text!.replace(/&\w+;/g, "&"), size);
    const anchor = /text-anchor="(\w+)"/.exec(attributes!)?.[1];
    const left = Number(place[1]) + at("x") - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
    return [{ text: text!, left, right: left + width, middle: Number(place[2]) + at("y"), size }];
  });
}

describe("a heat map", () => {
  const svg = heatMap(map);

  it("shows every panel with its rows, columns and cells", () => {
    expectWellFormed(svg);
    const shown = texts(svg);
    expect(shown).toEqual(expect.arrayContaining(["Needle &lt;in&gt; a haystack", "A &amp; &quot;B&quot;", "Other"]));
    for (const text of ["100", "50", "12/30", "no memory", "8k", "32k", "context", "depth", "trained to here"])
      expect(
        shown.filter((one) => one === text),
        text,
      ).toHaveLength(3);
    for (const text of ["0 %", "100 % right"]) expect(shown).toContain(text);
  });

  it("colours cells from red to blue, those without a share grey, and puts notes below", async () => {
    const png = await pngOf(svg);
    const find = (text: string) => boxes(svg).find((one) => one.text === text)!;
    const beside = (text: string) => {
      const { left, middle, size } = find(text);
      return hex(png.at(Math.round(left) - 2, Math.round(middle - size / 3)));
    };
    expect(["100", "50", "no memory"].map(beside)).toEqual(["2667a8", "fae9b1", "e9ecef"]);
    expect(find("12/30").middle).toBeGreaterThan(find("50").middle + 10);
  });

  it("is as wide as a page shows unscaled, its text no smaller than 12 pixels and within it", () => {
    const columns = ["4k", "8k", "16k", "32k", "128k", "512k"];
    const cells = [columns.map(() => ({ share: 1, text: "100", note: "13.7/30" }))];
    const wide = { ...panel, title: "T".repeat(300), subtitle: "global=32, ".repeat(30), columns, cells };
    const drawn = heatMap({ ...map, subtitle: "word ".repeat(80), panels: [wide, wide] });
    expect(drawn).toContain('width="800"');
    for (const { text, left, right, size } of boxes(drawn)) {
      expect(size).toBeGreaterThanOrEqual(12);
      expect([text, left >= 0, right <= 800]).toEqual([text, true, true]);
    }
  });

  it("has its cells where they are, however long the names of its axes", () => {
    const cells = (drawn: string) => drawn.match(/<path d="[^"]*" fill="rgb[^>]*stroke="#ffffff"/g);
    expect(cells(svg)).toHaveLength(2 * 3);
    expect(cells(heatMap({ ...map, columnsLabel: "context ".repeat(9), rowsLabel: "depth ".repeat(9) }))).toEqual(
      cells(svg),
    );
  });

  it("can be empty", () => {
    expectWellFormed(heatMap({ ...map, panels: [{ ...panel, columns: [], rows: [], cells: [], mark: undefined }] }));
    expectWellFormed(heatMap({ ...map, panels: [] }));
  });
});

describe("a line chart", () => {
  const svg = lineChart(chart);

  it("shows axes that begin and end at a tick, and every line's name", () => {
    expectWellFormed(svg);
    expect(texts(svg)).toEqual(
      expect.arrayContaining(["Time per token", "tokens", "ms", "dense", "ReAttention", "floor"]),
    );
    const shown = texts(svg).filter((text) => /^[\d.]+k?$/.test(text));
    expect(shown).toEqual([
      ...["0.1", "0.2", "0.5", "1", "2", "5", "10", "20"],
      ...["8k", "16k", "32k", "64k", "128k", "256k", "512k", "1024k"],
    ]);
  });

  it("names lines above the axes, where nothing is drawn, and tells bounds apart by their dashes", () => {
    const lowest = Math.max(
      ...boxes(svg)
        .filter(({ text }) => /dense|ReA|floor|another/.test(text))
        .map((one) => one.middle),
    );
    const top = boxes(svg).find(({ text }) => text === "20")!.middle;
    expect(lowest).toBeLessThan(top - 10);
    const dashes = [...svg.matchAll(/stroke-dasharray="([^"]*)"/g)].map(([, dash]) => dash);
    // Each once in the axes and once beside its name.
    expect([...new Set(dashes)].map((dash) => dashes.filter((one) => one === dash).length)).toEqual([2, 2]);
  });

  it("interrupts a line where a value cannot be drawn, and draws in order", () => {
    const parts = (colour: string) =>
      [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke="(#\w+)"/g)].filter(
        (one) => one[2] === colour && one[1]!.length > 20,
      );
    const [[, whole]] = parts("#0072b2").toSorted((a, b) => b[1]!.length - a[1]!.length) as [RegExpMatchArray];
    const xs = [...whole!.matchAll(/([\d.]+) [\d.]+/g)].map(([, x]) => Number(x));
    expect(xs).toEqual(xs.toSorted((a, b) => a - b));
    expect(parts("#d55e00").some(([, path]) => path!.match(/M/g)!.length === 2)).toBe(true);
  });

  it("has ticks for any range, few of them, and writes numbers short", () => {
    const ticks = (scale: "log2" | "log10" | "linear", ...values: number[]) => {
      const points = values.map((value) => [1, value] as const);
      const drawn = texts(
        lineChart({ ...chart, y: { label: "", scale }, series: [{ name: "s", points }], references: [] }),
      );
      return drawn
        .slice(
          0,
          drawn.findIndex((text) => text.endsWith("k")),
        )
        .filter((text) => /^\d/.test(text));
    };
    expect(ticks("log10", 0.15, 150)).toEqual(["0.1", "0.2", "0.5", "1", "2", "5", "10", "20", "50", "100", "200"]);
    expect(ticks("log10", 2)).toEqual(["1", "2", "5"]);
    expect(ticks("log10", 4e-5, 2000)).toEqual([
      "1e-5",
      "1e-4",
      "0.001",
      "0.01",
      "0.1",
      "1",
      "10",
      "100",
      "1,000",
      "10,000",
    ]);
    expect(ticks("log2", 8192, 65536)).toEqual(["8,192", "16,384", "32,768", "65,536"]);
    expect(ticks("log10")).toEqual(["1", "2", "5", "10"]);
    expect(ticks("linear", 0.71, 0.94)).toEqual(["0.7", "0.75", "0.8", "0.85", "0.9", "0.95"]);
    expect(ticks("linear", 1, 7.2)).toEqual(["0", "2", "4", "6", "8"]);
    expect(ticks("linear", 3)).toEqual(["3", "3.5"]);
    expect(ticks("linear")).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
  });

  it("can be drawn of anything", () => {
    const number = fc.oneof(fc.double(), fc.nat(1000), fc.constant(0));
    const points = fc.array(fc.tuple(number, number), { maxLength: 6 });
    const scale = fc.constantFrom("log2" as const, "log10" as const, "linear" as const);
    fc.assert(
      fc.property(fc.array(points, { maxLength: 3 }), points, scale, scale, (series, bound, x, y) => {
        expectWellFormed(
          lineChart({
            title: "any",
            x: { label: "x", scale: x },
            y: { label: "y", scale: y },
            series: series.map((one) => ({ name: "s", points: one })),
            references: [{ name: "r", points: bound }],
          }),
        );
      }),
    );
  });
});

describe("a drawing", () => {
  it("is the same for the same input, whatever was drawn before", () => {
    const draw = () => [heatMap(map), lineChart(chart)];
    expect(draw()).toEqual(draw());
    expect(draw().join("")).not.toMatch(/class=|<style|ecmeta/);
  });

  it("cannot be broken out of by text, nor is text taken for a template", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "</text><script>",
        "{a}{b|c}",
        "$&$1",
        "__proto__",
        "constructor",
        "",
        "a\u0000b\ud800\u007f",
        "image://x",
      ),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const cell = { share: 0.1, text, note: text };
        const one = {
          title: text,
          subtitle: text,
          columns: [text],
          rows: [text],
          cells: [[cell]],
          mark: { column: 1, text },
        };
        const legend = { low: text, high: text };
        expectWellFormed(heatMap({ title: text, columnsLabel: text, rowsLabel: text, panels: [one], legend }));
        const series = [text, text].map((name) => ({ name, points: [[1, 1]] as const }));
        expectWellFormed(
          lineChart({
            title: text,
            subtitle: text,
            x: { label: text, scale: "log2" },
            y: { label: text, scale: "log10" },
            series,
          }),
        );
      }),
      { numRuns: 40 },
    );
    const named = lineChart({ ...chart, series: [{ name: "{a} $& <b>", points: [[8192, 1]] }] });
    expect(texts(named)).toContain("{a} $&amp; &lt;b&gt;");
  });

  it("becomes a PNG of twice its size, with letters on any machine", async () => {
    const svg = heatMap(map);
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
    const png = readPng(await toPng(svg));
    expect([png.width, png.height]).toEqual([2 * Number(width), 2 * Number(height)]);
    let ink = 0;
    // The title is at the very top: its letters are the only dark things there.
    for (let y = 0; y < 90; y++) for (let x = 0; x < png.width; x++) if (png.at(x, y)[0]! < 100) ink++;
    expect(ink).toBeGreaterThan(1000);
    expect(png.at(0, png.height - 1)).toEqual([255, 255, 255, 255]);
  });
});

describe("text", () => {
  const packaged = (name: string) => readFileSync(createRequire(import.meta.url).resolve(name));
  const fontBuffers = [packaged("@fontsource/lato/files/lato-latin-400-normal.woff2")];
  beforeAll(() => initWasm(packaged("@resvg/resvg-wasm/index_bg.wasm")).catch(() => {}));

  it("is measured as it is drawn", () => {
    for (const text of ["reattention: global=32, local=8k, topK=4", "Qwen2.5-Coder-0.5B-Instruct", "il.|WM@ 100 %"]) {
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="900" height="50"><text y="30" font-size="20" font-family="Lato">|${text}|</text></svg>`;
      const box = new Resvg(svg, { font: { fontBuffers, defaultFontFamily: "Lato" } }).getBBox()!;
      const width = textWidth(`|${text}|`, 20);
      expect(Math.abs(box.width - width)).toBeLessThan(0.04 * width);
    }
  });

  it("is broken at spaces, after commas and in words too long, and nothing is lost", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,40},?$/), { minLength: 1 }),
        fc.integer({ min: 80, max: 400 }),
        (words, width) => {
          const lines = wrapped(words.join(" "), width, 12);
          expect(lines.join("").replaceAll(/[ \u200b]/g, "")).toBe(words.join(""));
          for (const line of lines) expect(textWidth(line, 12)).toBeLessThanOrEqual(width);
        },
      ),
    );
    expect(wrapped("", 100, 12)).toEqual([]);
  });
});
