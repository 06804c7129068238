/**
 * Whether an answer has the right label and no other, as BABILong (arXiv 2406.10149) judges: of the answer's first sentence, before any example that it goes on
 * with, labels count that the question does not have. A label with commas that is longer than three letters is several, all of which have to be there.
 */
export function soleLabel(answer: string, wanted: string, question: string, labels: readonly string[]): boolean {
  const said = answer.toLowerCase().split(".")[0]!.split("<context>")[0]!.split("<example>")[0]!;
  const asked = question.toLowerCase();
  const found = labels
    .map((label) => label.toLowerCase())
    .filter((label) => said.includes(label) && !asked.includes(label));
  const right = wanted.toLowerCase();
  const parts = right.includes(",") && right.length > 3 ? right.split(",") : [right];
  return found.length === parts.length && parts.every((part) => found.includes(part));
}
