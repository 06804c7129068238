import { command } from "../command.js";
import { InputError } from "../errors.js";

/** Letters to put in, take away or change until one text is the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries())
      next.push(Math.min(next[j]! + 1, row[j + 1]! + 1, row[j]! + (letter === other ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}

/** Beyond so many letters nobody mistyped a code. */
const MISTYPED = 3;

export default command({
  name: "explain",
  usage: "<code>",
  summary: "Say what a code such as TS-K2003 is about.",
  about: "Prints the code, whether it is an error or a warning, a sentence, and its place in the documentation.",
  options: [],
  examples: ["tilescript explain TS-K2003", "tilescript explain k2003"],
  async run({ args: [given = ""] }) {
    const { CATALOGUE, ERRORS_PAGE, placeOnPage } = await import("../../compiler/diagnostics/index.js");
    const wanted = given.toUpperCase().replace(/^(?:TS-?)?(?=K)/, "TS-");
    const entry = CATALOGUE.find(({ code }) => code === wanted);
    if (entry) {
      console.log(`${entry.code}  ${entry.severity ?? "error"}\n${entry.about}\n${placeOnPage(entry.code)}`);
      return 0;
    }
    const [nearest] = CATALOGUE.map(({ code }) => ({ code, letters: distance(wanted.slice(0, 40), code) })).sort(
      (a, b) => a.letters - b.letters,
    );
    const hint =
      nearest && nearest.letters <= MISTYPED ? `Did you mean ${nearest.code}?` : `${ERRORS_PAGE} has all codes.`;
    throw new InputError(`there is no code ${JSON.stringify(given)}`, hint);
  },
});
