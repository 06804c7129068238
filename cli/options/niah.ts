import { InvalidArgumentError } from "commander";
import type { AttentionRequest } from "../../runtime/reattention/index.js";
import { attention } from "./attention.js";
import { positive } from "./integers.js";

/** `a,b`: without blanks and empty items. */
export const items = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");

/** `8k,32k,1M`: numbers of tokens. */
export function contexts(text: string): number[] {
  const found = items(text).map(positive);
  if (found.length === 0) throw new InvalidArgumentError("Expected a list of contexts such as 8k,32k,128k.");
  return found;
}

/** `0..100`, `0..100:10`, `0,50,100`, or several of these: percentages. A range without step is cut into four. */
export function depths(text: string): number[] {
  const found = items(text).flatMap(range);
  if (found.length === 0) throw new InvalidArgumentError("Expected depths such as 0..100, 0..100:10 or 0,50,100.");
  return found;
}

function range(text: string): number[] {
  const match = /^(\d+(?:\.\d+)?)(?:\.\.(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?)?$/.exec(text);
  const first = Number(match?.[1]);
  const last = match?.[2] === undefined ? first : Number(match[2]);
  const step = match?.[3] === undefined ? (last - first) / 4 || 1 : Number(match[3]);
  if (!(first <= last && last <= 100 && step >= 0.1))
    throw new InvalidArgumentError(
      `${text} is no range of depths. Expected percentages from 0 to 100, such as 0..100, 0..100:10 or 0,50,100.`,
    );
  return Array.from(
    { length: Math.floor((last - first) / step + 1e-9) + 1 },
    (_, index) => Math.round((first + index * step) * 100) / 100,
  );
}

/** One more attention mode; what is wrong with it whatever the model is said here. */
export function attentions(text: string, previous: unknown): AttentionRequest[] {
  return [...((previous as AttentionRequest[] | undefined) ?? []), attention(text)];
}
