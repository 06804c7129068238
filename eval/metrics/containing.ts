/** How RULER (arXiv 2404.06654, section 3) judges: an answer contains a reference, case aside. */

const contains = (answer: string, reference: string): boolean => answer.toLowerCase().includes(reference.toLowerCase());

/** The share of the references that an answer contains, 0 to 1. */
export const shareContained = (answer: string, references: readonly string[]): number =>
  references.filter((one) => contains(answer, one)).length / references.length;

/** 1 where an answer contains one of the references, else 0. */
export const anyContained = (answer: string, references: readonly string[]): number =>
  references.some((one) => contains(answer, one)) ? 1 : 0;
