import { isDeepStrictEqual } from "node:util";
import { CallReader } from "./call-reader.js";
import { formOf } from "./forms.js";
import type { Tool } from "./tools.js";

/**
 * Compares two writings of an answer: without tools as they are, with tools by what they say, but for white space, and call. One that was ended before
 * what ends calls is not as a model would write it.
 */
export function saysSame(tools: readonly Tool[], template: string | undefined): (a: string, b: string) => boolean {
  if (tools.length === 0) return (a, b) => a === b;
  const form = formOf(template);
  const said = (answer: string) => {
    const reader = new CallReader(form, tools);
    const told = [reader.push(answer), reader.end(false)];
    const calls = told.flatMap(({ calls }) => calls).map(({ name, arguments: given }) => ({ name, given }));
    const text = told.map(({ text }) => text).join("");
    // Templates put white space of their own around thoughts, text and calls.
    return { text: text.replace(/\s+/g, ""), calls, isClosed: answer.includes(form.closes ?? "") };
  };
  return (a, b) => a === b || isDeepStrictEqual(said(a), said(b));
}
