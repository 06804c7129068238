import { randomInt } from "node:crypto";
import { heldBack } from "../generate/stop-filter.js";
import type { Form, Schemas, Written } from "./form.js";
import type { Tool, ToolCall } from "./tools.js";

/** What an answer says, apart from the calls in it. */
export interface Heard {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export interface ReaderOptions {
  /** The answer is a call and nothing else. */
  readonly isForced?: boolean;
  /** Calls that are told at the most. */
  readonly most?: number;
}

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
/** Mistral's templates want nine letters and digits. */
const newId = (): string => Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join("");

/**
 * Takes calls out of an answer's text as it comes. Of what may become a call nothing is told before it is known; what turns out to be none is text. A call
 * that the answer's end cuts off is neither.
 */
export class CallReader {
  readonly #form: Form;
  readonly #schemas: Schemas;
  readonly #isForced: boolean;
  readonly #most: number;
  /** Text that may become the sign of a call, or white space that may stand before another. */
  #held = "";
  /** What came behind the sign of a call, or behind the last of several calls. */
  #call: string | undefined;
  #sign = "";
  /** No sign began it: the answer is an object. */
  #isBare = false;
  #began = false;
  /** Of what is held, what the prompt said. */
  #lent: string;
  readonly #calls: ToolCall[] = [];
  /** Nothing but white space came behind the last call. */
  #isBehind = false;
  /** What of them has been told. */
  #told = 0;

  /** @param tools that there are: what asks for another is no call */
  constructor(
    form: Form,
    tools: readonly Tool[],
    { isForced = false, most = Number.POSITIVE_INFINITY }: ReaderOptions = {},
  ) {
    this.#form = form;
    this.#held = this.#lent = form.begun ?? "";
    this.#schemas = new Map(tools.map(({ function: { name, parameters } }) => [name, parameters]));
    this.#isForced = isForced;
    this.#most = most;
  }

  /** Whether there are as many calls as there may be: what follows is not heard. */
  get isFull(): boolean {
    return this.#calls.length >= this.#most;
  }

  /** Whether what came last is within a call. */
  get isCalling(): boolean {
    return this.#call !== undefined && !this.#isBetween(this.#call);
  }

  /** Whether nothing stands between the last of several calls and what ends them. */
  #isBetween(call: string): boolean {
    return !this.#isBare && this.#sign === "" && call.trim() === "";
  }

  push(text: string): Heard {
    let said = "";
    for (let rest = text; rest !== "" && !this.isFull; ) {
      const [shown, behind] = this.#call === undefined ? this.#read(rest) : this.#gather(this.#call + rest);
      said += shown;
      rest = behind;
      if (shown.trim() !== "") [this.#began, this.#isBehind] = [true, false];
    }
    return this.#heard(said);
  }

  /**
   * @param isCut the answer was not at its end: what is unfinished says nothing
   * @param isStopped a stop text ended it: that may be the end of an object, but of no call that a sign began
   */
  end(isCut: boolean, isStopped = false): Heard {
    if (this.isFull) return this.#heard("");
    if (this.#call !== undefined) {
      const call = this.#call;
      const isLost = isCut || (isStopped && (!this.#isBare || this.#isForced));
      return this.#heard(isLost && !this.#known(call) ? "" : this.#close(call, ""));
    }
    const isPart = (this.#isForced && (isCut || isStopped)) || (this.#isBehind && this.#held.trim() === "");
    const held = isPart ? "" : this.#held;
    this.#held = "";
    return this.#heard(held);
  }

  #heard(said: string): Heard {
    const calls = this.#calls.slice(this.#told);
    this.#told = this.#calls.length;
    const { unsaid = [] } = this.#form;
    const own = said.startsWith(this.#lent) ? said.slice(this.#lent.length) : said;
    if (said !== "") this.#lent = "";
    return { text: unsaid.reduce((text, one) => text.replaceAll(one, ""), own), calls };
  }

  /** What is text for sure, and what is behind the sign of a call. */
  #read(more: string): readonly [said: string, behind: string] {
    const all = this.#held + more;
    this.#held = "";
    const { opens, bare, unsaid = [] } = this.#form;
    if (bare && !this.#began && /^\s*(?:\{|$)/.test(all)) {
      if (all.trim() === "") return this.#hold(all, 0);
      [this.#call, this.#isBare, this.#began] = ["", true, true];
      return ["", all];
    }
    const signs = [...opens, ...unsaid];
    const [at, sign] = first(all, signs);
    const open = all.length - Math.max(...signs.map((one) => heldBack(all, one)));
    // One that begins earlier, or is longer, may still become whole.
    if (sign === "" || open <= at) return this.#hold(all, open);
    const own = sign.slice(at === 0 ? this.#lent.length : 0);
    this.#lent = "";
    if (unsaid.includes(sign)) return [all.slice(0, at), all.slice(at + sign.length)];
    [this.#call, this.#sign, this.#isBare, this.#began] = ["", own, false, true];
    const before = all.slice(0, at);
    return [this.#isBehind && before.trim() === "" ? "" : before, all.slice(at + sign.length)];
  }

  /** Tells what is before `certain`, and keeps the rest. */
  #hold(all: string, certain: number): readonly [string, string] {
    const said = all.slice(0, certain);
    // White space behind a call is text only before more of it.
    if (this.#isBehind && said.trim() === "") {
      this.#held = all;
      return ["", ""];
    }
    this.#held = all.slice(certain);
    return [said, ""];
  }

  /** Within calls: what is no call after all, and what is behind the end of one. */
  #gather(call: string): readonly [said: string, behind: string] {
    const { ends, closes } = this.#form;
    const marks = [ends, closes].filter((one) => one !== undefined);
    const { verbatim } = this.#form;
    const marked = verbatim ? call.replace(verbatim, (text) => " ".repeat(text.length)) : call;
    const [at, mark] = first(marked, marks);
    if (mark === "") {
      this.#call = call;
      const isLast = this.#calls.length + 1 >= this.#most;
      // Where nothing ends a call, the last one that may be told is whole when it can be read.
      if (marks.length === 0 && isLast && /[}\]]\s*$/.test(call) && this.#known(call)) this.#close(call, "");
      return ["", ""];
    }
    const said = this.#close(call.slice(0, at), mark);
    if (mark === ends && said === "") this.#call = "";
    return [said, call.slice(at + mark.length)];
  }

  #known(call: string): readonly Written[] | undefined {
    const written = this.#form.read(call.trim(), this.#schemas);
    return written?.every(({ name }) => this.#schemas.has(name)) ? written : undefined;
  }

  /** Hears a call to its end; gives what is none as the text that it is. */
  #close(call: string, mark: string): string {
    const text = this.#isBetween(call) ? "" : this.#sign + call + mark;
    this.#call = undefined;
    this.#sign = "";
    const written = this.#known(call);
    if (!written) return text;
    this.#isBehind = true;
    for (const { id, ...one } of written.slice(0, this.#most - this.#calls.length)) {
      const isFree = id !== undefined && !this.#calls.some((other) => other.id === id);
      this.#calls.push({ id: isFree ? id : newId(), ...one });
    }
    return "";
  }
}

/** Where the first of some texts is, and which: of those at one place the longest. */
function first(all: string, texts: readonly string[]): readonly [at: number, which: string] {
  let best: readonly [number, string] = [all.length, ""];
  for (const one of texts) {
    const at = all.indexOf(one);
    if (at >= 0 && (at < best[0] || (at === best[0] && one.length > best[1].length))) best = [at, one];
  }
  return best;
}
