import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StopFilter } from "../../../runtime/generate/stop-filter.js";

const through = (filter: StopFilter, pieces: readonly string[]) => pieces.map((piece) => filter.push(piece)).join("");

describe("StopFilter", () => {
  it("ends before a stop text that comes in pieces", () => {
    const filter = new StopFilter(["\nUser:"]);
    expect(through(filter, ["Hello", ".\nUs", "er", ": more"])).toBe("Hello.");
    expect(filter.stopped).toBe(true);
    expect(filter.push("nothing comes any more")).toBe("");
  });

  it("gives back at the end what only looked like a beginning", () => {
    const filter = new StopFilter(["STOP"]);
    expect(through(filter, ["a ST", "O"])).toBe("a ");
    expect(filter.flush()).toBe("STO");
  });

  it("waits for a stop that begins before one that has come", () => {
    const filter = new StopFilter(["bac", "a"]);
    expect(through(filter, ["xba", "c"])).toBe("x");
    expect(filter.stopped).toBe(true);
    const other = new StopFilter(["bac", "a"]);
    expect(other.push("xba")).toBe("x");
    expect(other.flush()).toBe("b");
    expect(other.stopped).toBe(true);
  });

  it("gives the text before the first of several stops, however it is cut", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 30 });
    const stop = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 8 }), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
        const filter = new StopFilter(stops);
        const got = through(filter, pieces) + filter.flush();
        const whole = pieces.join("");
        const ends = stops.map((text) => whole.indexOf(text)).filter((at) => at >= 0);
        expect(got).toBe(ends.length > 0 ? whole.slice(0, Math.min(...ends)) : whole);
      }),
      { numRuns: 2000 },
    );
  });
});
