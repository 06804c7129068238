/** What one rendering of a chat template may cost. Every kind of work it can be made to do is charged here before it is done. */

/** The template asks for more than any real one needs. */
export class TemplateLimit extends Error {}

const refuse = (what) => {
  throw new TemplateLimit(what);
};

/** Expressions within expressions, macros that call each other: what is called deeper would end the stack at a place that may not say so. */
const deepest = 1000;

export class Limits {
  #steps = 0;
  #made = 0;
  #depth = 0;

  /** @param given characters of all messages; what a template does grows with them */
  constructor({ messages, given }) {
    this.steps = 500_000 + 1000 * messages + given;
    this.text = 8 * 2 ** 20 + 4 * given;
    this.made = 64 * 2 ** 20 + 64 * given;
    this.list = 100_000 + given;
  }

  step(count = 1) {
    this.#steps += count;
    if (this.#steps > this.steps) refuse(`takes more than ${this.steps} steps`);
  }

  /** What `work` gives, one level deeper. */
  within(work) {
    if (++this.#depth > deepest) refuse(`calls itself, or is nested, more than ${deepest} times`);
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** Before or after a text of so many characters is made. */
  makeText(length) {
    if (length > this.text) refuse(`makes a text of more than ${this.text} characters`);
    this.#made += length;
    if (this.#made > this.made) refuse(`makes more than ${this.made} characters of text in all`);
  }

  makeList(length) {
    if (length > this.list) refuse(`makes a list of more than ${this.list} items`);
    this.step(length);
  }
}

/** Errors of JavaScript that mean the same. */
export function asLimit(error) {
  if (error instanceof TemplateLimit || !(error instanceof RangeError)) return error;
  if (/call stack/.test(error.message)) return new TemplateLimit("calls itself, or is nested, too deeply");
  if (/string length|array length|count value/i.test(error.message))
    return new TemplateLimit(`makes something too large (${error.message})`);
  return error;
}
