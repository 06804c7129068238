import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Axis, ruler, shortNumber } from "../../chart/axis.js";
import { inkOn, shareColour } from "../../chart/colours.js";
import { type HeatPanel, heatMap, lineChart, toPng } from "../../chart/index.js";
import { element, escaped } from "../../chart/svg.js";
import { textWidth, wrapped } from "../../chart/text.js";
import { readPng } from "./read-png.js";

/** Texts of a drawing, in order. */
const texts = (svg: string): string[] => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text!);

/** Fails where tags do not nest, or a number is none. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, close, name, attributes, alone] of svg.matchAll(
    /<(\/?)(\w+)((?:\s[\w:-]+="[^"<&]*(?:&\w+;[^"<&]*)*")*)(\/?)>/g,
  )) {
    if (close) expect(open.pop()).toBe(name);
    else if (!alone) open.push(name!);
    expect(attributes).not.toMatch(/NaN|Infinity|undefined/);
  }
  expect(open).toEqual([]);
  expect(svg.replace(/<\/?\w+(\s[\w:-]+="[^"<]*")*\/?>/g, "")).not.toMatch(/[<>]/);
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

const map = {
  title: "Needle <in> a haystack",
  subtitle: 'A & "B"',
  columnsLabel: "context",
  rowsLabel: "depth",
  panels: [panel, { ...panel, title: "Other" }, panel],
  across: 2,
  legend: { label: "right", low: "0 %", high: "100 %" },
};

describe("a heat map", () => {
  const svg = heatMap(map);

  it("shows every panel with its rows, columns and cells", () => {
    expectWellFormed(svg);
    const shown = texts(svg);
    expect(shown).toEqual(
      expect.arrayContaining(["Needle &lt;in&gt; a haystack", "A &amp; &quot;B&quot;", "Dense", "Other"]),
    );
    for (const text of ["100", "50", "12/30", "no memory", "8k", "32k", "context", "depth", "trained to here"])
      expect(shown.filter((one) => one === text)).toHaveLength(3);
    expect(svg.match(new RegExp(shareColour(1), "g"))!.length).toBe(3 + 1);
  });

  it("becomes a PNG of twice its size, with the cells' colours and with letters on any machine", async () => {
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
    const png = readPng(await toPng(svg));
    expect([png.width, png.height]).toEqual([2 * Number(width), 2 * Number(height)]);
    let ink = 0;
    let clear = 0;
    const colours = new Set<string>();
    for (let y = 0; y < png.height; y++)
      for (let x = 0; x < png.width; x++) {
        const [red, green, blue, alpha] = png.at(x, y) as [number, number, number, number];
        if (alpha !== 255) clear++;
        // The title is at the very top: its letters are the only dark things there.
        if (y < 80 && red < 100) ink++;
        colours.add(`#${[red, green, blue].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`);
      }
    expect(clear).toBe(0);
    expect(ink).toBeGreaterThan(1000);
    expect(colours).toContain(shareColour(1));
    expect(colours).toContain(shareColour(0.5));
  });

  it("can be empty", () => {
    const empty = heatMap({ ...map, panels: [{ ...panel, columns: [], rows: [], cells: [], mark: undefined }] });
    expectWellFormed(empty);
    expectWellFormed(heatMap({ ...map, panels: [] }));
  });
});

describe("a line chart", () => {
  const chart = {
    title: "Time per token",
    x: { label: "tokens", scale: "log2", format: (value: number) => `${value / 1024}k` },
    y: { label: "ms", scale: "log10" },
    series: [
      {
        name: "dense",
        points: [
          [8192, 1],
          [131072, 3],
          [1048576, 17],
        ],
      },
      {
        name: "ReAttention",
        points: [
          [8192, 1],
          [131072, 0],
          [1048576, 4],
        ],
        dashed: true,
      },
    ],
    references: [
      {
        name: "floor",
        points: [
          [8192, 0.02],
          [1048576, 2.9],
        ],
      },
      { name: "target", y: 4 },
      { name: "trained", x: 8192 },
    ],
  } as const;

  it("shows axes, names, and what bounds the curves", () => {
    const svg = lineChart(chart);
    expectWellFormed(svg);
    expect(texts(svg)).toEqual(
      expect.arrayContaining([
        "Time per token",
        "8k",
        "1024k",
        "0.1",
        "10",
        "tokens",
        "ms",
        "dense",
        "ReAttention",
        "floor",
        "target",
        "trained",
      ]),
    );
  });

  it("interrupts a line where a value cannot be drawn", () => {
    const circles = (svg: string) => svg.match(/<circle /g)!.length;
    // Five points that can be, and one mark a series in the legend.
    expect(circles(lineChart(chart))).toBe(5 + 2);
  });

  it("names bounds inside the axes, and none on another", () => {
    const bound = (name: string, level: number) => ({
      name,
      points: [
        [256, level],
        [362, level * 1.5],
        [512, level * 2.1],
      ] as const,
    });
    const names = ["weights and keys once", "weights, keys and values once", "a third"];
    for (const apart of [1, 1.005, 1.05, 2]) {
      const svg = lineChart({ ...chart, references: names.map((name, index) => bound(name, 3 * apart ** index)) });
      const places = [
        ...svg.matchAll(/translate\(([\d.]+) ([\d.]+)\) rotate\(([-\d.]+)\)"><text x="0" y="([-\d.]+)"[^>]*>([^<]*)/g),
      ].map(([, x, y, angle, below, name]) => ({
        x: Number(x),
        y: Number(y),
        below: Number(below),
        angle: Number(angle),
        name: name!,
      }));
      expect(places.map(({ name }) => name)).toEqual(names);
      for (const [index, one] of places.entries()) {
        expect(one.y + one.below).toBeGreaterThan(0);
        for (const other of places.slice(0, index)) {
          const overlap = Math.abs(one.x - other.x) < (textWidth(one.name, 11) + textWidth(other.name, 11)) / 2 - 40;
          if (overlap)
            expect(Math.hypot(one.x - other.x, one.y + one.below - other.y - other.below)).toBeGreaterThan(11);
        }
      }
    }
  });

  it("can be drawn of anything", () => {
    const number = fc.oneof(fc.double(), fc.nat(1000), fc.constant(0));
    const points = fc.array(fc.tuple(number, number), { maxLength: 6 });
    const scale = fc.constantFrom("linear" as const, "log2" as const, "log10" as const);
    fc.assert(
      fc.property(fc.array(points, { maxLength: 3 }), points, scale, scale, (series, bound, x, y) => {
        const drawn = lineChart({
          title: "any",
          x: { label: "x", scale: x },
          y: { label: "y", scale: y },
          series: series.map((one) => ({ name: "s", points: one })),
          references: [{ name: "r", points: bound }],
        });
        expectWellFormed(drawn);
      }),
    );
  });
});

describe("an axis", () => {
  const read = (axis: Omit<Axis, "label">, values: number[]) =>
    ruler({ label: "", ...axis }, values).ticks.map(({ text }) => text);

  it("has round ticks", () => {
    expect(read({}, [0.2, 0.9])).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(read({}, [1200, 5100])).toEqual(["0", "1,000", "2,000", "3,000", "4,000", "5,000", "6,000"]);
    expect(read({ scale: "log10" }, [0.02, 17])).toEqual([
      "0.02",
      "0.05",
      "0.1",
      "0.2",
      "0.5",
      "1",
      "2",
      "5",
      "10",
      "20",
    ]);
    expect(read({ scale: "log10" }, [0.02, 1700])).toEqual(["0.1", "1", "10", "100", "1,000"]);
    expect(read({ scale: "log2" }, [8192, 65536])).toEqual(["8,192", "16,384", "32,768", "65,536"]);
    expect(read({ scale: "log10" }, [])).not.toEqual([]);
  });

  it("places values in order, between its ends", () => {
    const value = fc.double({ min: 1e-6, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 9 }),
        fc.constantFrom("linear" as const, "log2" as const, "log10" as const),
        (values, scale) => {
          const { place, ticks } = ruler({ label: "", scale }, values);
          const placed = values.toSorted((a, b) => a - b).map(place);
          for (const at of placed) expect(at >= -1e-9 && at <= 1 + 1e-9).toBe(true);
          expect(placed).toEqual(placed.toSorted((a, b) => a - b));
          expect(ticks.length).toBeLessThan(16);
        },
      ),
    );
  });

  it("writes numbers short", () => {
    expect([0, 0.05, 1.5, 3000, 1.2e6, 5e-5, 0.1 + 0.2].map(shortNumber)).toEqual([
      "0",
      "0.05",
      "1.5",
      "3,000",
      "1.2e6",
      "5e-5",
      "0.3",
    ]);
  });
});

describe("the small parts", () => {
  it("text cannot break out of the drawing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escaped(text)).not.toMatch(/[<>"]|&(?!(amp|lt|gt|quot);)|[^\P{C}\n\r\t\p{Cf}\p{Co}\p{Cn}]/u);
        expect(element("a", { b: text })).toBe(`<a b="${escaped(text)}"/>`);
      }),
    );
    expect(escaped("a\u0000b\ud800c\u007fd😀")).toBe("a\ufffdb\ufffdc\ufffdd😀");
  });

  it("long lines are broken at spaces, and nothing is lost", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12},?$/), { minLength: 1 }),
        fc.integer({ min: 80, max: 400 }),
        (words, width) => {
          const lines = wrapped(words.join(" "), width);
          expect(lines.join(" ")).toBe(words.join(" "));
          for (const line of lines) if (line.includes(" ")) expect(textWidth(line)).toBeLessThanOrEqual(width + 1);
        },
      ),
    );
  });

  it("text can be read on every colour", () => {
    const lightness = (colour: string) =>
      [1, 3, 5]
        .map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
        .reduce((sum, channel, index) => sum + channel * [0.299, 0.587, 0.114][index]!, 0);
    for (let share = 0; share <= 1; share += 0.01)
      expect(Math.abs(lightness(shareColour(share)) - lightness(inkOn(share)))).toBeGreaterThan(90);
  });
});
