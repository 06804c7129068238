/**
 * A template as Jinja reads it, rewritten for the interpreter at hand, which reads white space and literals by simpler rules: lines end in \n, what
 * trim_blocks, lstrip_blocks and the signs in tags say of white space is done, and texts are literals in which nothing is left to do.
 * https://jinja.palletsprojects.com/en/stable/templates/#whitespace-control
 */

const OPENING = /\{([%{#])([-+]?)/g;
const CLOSE = { "%": "%}", "{": "}}", "#": "#}" };

/** @throws SyntaxError */
export function rewritten(source) {
  let all = source.replace(/\r\n?/g, "\n");
  if (all.endsWith("\n")) all = all.slice(0, -1);
  let out = "";
  let at = 0;
  let startsLine = true;
  let strips = false;
  const put = (text, isStripped) => {
    const shown = isStripped ? text.trimEnd() : text;
    if (shown !== "") out += `{{${literal(shown)}}}`;
  };
  for (;;) {
    OPENING.lastIndex = at;
    const found = OPENING.exec(all);
    let text = all.slice(at, found?.index);
    if (strips) text = text.trimStart();
    if (!found) {
      put(text, false);
      return out;
    }
    const [whole, kind, sign] = found;
    if (sign === "" && kind !== "{") text = withoutIndent(text, startsLine);
    put(text, sign === "-");
    const raw = kind === "%" ? RAW.exec(all.slice(found.index)) : null;
    const tag = raw
      ? { end: found.index + raw[0].length, inner: "", sign: raw[4] }
      : tagAt(all, found.index + whole.length, kind);
    if (raw) put(rawText(raw), raw[3] === "-");
    else if (kind === "{") out += `{{ ${tag.inner} }}`;
    else if (kind === "%" && !/^\s*(?:end)?generation\s*$/.test(tag.inner)) out += `{% ${tag.inner} %}`;
    at = tag.end;
    strips = tag.sign === "-";
    startsLine = false;
    // The first line's end behind a block is its own.
    if (kind !== "{" && tag.sign === "" && all[at] === "\n") {
      at++;
      startsLine = true;
    }
  }
}

const RAW = /^\{%[-+]?\s*raw\s*(-?)%\}([\s\S]*?)\{%([-+]?)\s*endraw\s*([-+]?)%\}/;

/** What is between raw and endraw, by the signs and the usual rules of the tags around it. */
function rawText([, opening, text, closing]) {
  let shown = opening === "-" ? text.trimStart() : text;
  if (closing === "") shown = withoutIndent(shown, false);
  return shown;
}

/** Without the blanks between the beginning of a line and a block. */
function withoutIndent(text, startsLine) {
  const from = text.lastIndexOf("\n") + 1;
  return (from > 0 || startsLine) && text.slice(from).trim() === "" ? text.slice(0, from) : text;
}

const TOKEN =
  /(?<space>\s+)|(?<string>"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|(?<number>(?<![\w.\])])(?:0x[\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?))|(?<word>\w+)|(?<sign>[\s\S])/gy;

/** A tag's inside, and where it ends. */
function tagAt(all, from, kind) {
  const close = CLOSE[kind];
  if (kind === "#") {
    const end = all.indexOf(close, from);
    if (end < 0) throw new SyntaxError("Missing end of comment tag");
    const sign = /[-+]/.exec(all[end - 1] ?? "")?.[0] ?? "";
    return { inner: "", end: end + 2, sign: end > from ? sign : "" };
  }
  let depth = 0;
  const tokens = [];
  for (let at = from; at < all.length; ) {
    const ending = depth === 0 ? endAt(all, at, close) : undefined;
    if (ending) return { inner: withTests(tokens), ...ending };
    TOKEN.lastIndex = at;
    const { groups, 0: text } = TOKEN.exec(all);
    at += text.length;
    if (groups.sign) depth += "([{".includes(text) ? 1 : ")]}".includes(text) ? -1 : 0;
    tokens.push(
      groups.string
        ? { kind: "literal", text: literal(unescaped(text.slice(1, -1))) }
        : groups.number
          ? { kind: "literal", text: numeral(text) }
          : { kind: groups.space ? "space" : groups.word ? "word" : "sign", text },
    );
  }
  throw new SyntaxError(`Missing ${close}`);
}

function endAt(all, at, close) {
  const sign = all[at] === "-" || all[at] === "+" ? all[at] : "";
  return all.startsWith(close, at + sign.length) ? { end: at + sign.length + 2, sign } : undefined;
}

const numeral = (text) => {
  const plain = text.replaceAll("_", "");
  if (/^0x/i.test(plain)) return String(Number(plain));
  return /e/i.test(plain)
    ? Number(plain)
        .toFixed(20)
        .replace(/(\.\d)(\d*?)0+$/, "$1$2")
    : plain;
};

const ESCAPES = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\x07",
  "'": "'",
  '"': '"',
  "\\": "\\",
  "\n": "",
};

/** Python's reading of a literal: what is no escape stays as it is. */
const unescaped = (text) =>
  text.replace(
    /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3})|([\s\S]))/g,
    (whole, x, u, long, octal, one) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      return octal !== undefined ? String.fromCharCode(Number.parseInt(octal, 8)) : (ESCAPES[one] ?? whole);
    },
  );

/** A literal without a line's end, a brace or a percent sign, which the lexer would take for white space to strip. */
const literal = (text) =>
  `"${text.replace(/[^\w .,:;!?()<>|=~@&$'-]|[-](?=$)/g, (unit) => (unit > "\x7f" ? unit : `\\x${unit.charCodeAt(0).toString(16).padStart(2, "0")}`))}"`;

/** Words behind which no argument of a test stands. */
const AFTER = new Set(["and", "or", "if", "else", "not", "is", "in", "recursive"]);

/** A test with an argument is a filter to the parser, which knows none: `x is divisibleby 3` becomes `x | _is_divisibleby(3)`. */
function withTests(tokens) {
  let inner = "";
  for (let i = 0; i < tokens.length; i++) {
    const test = tokens[i].text === "is" && tokens[i].kind === "word" ? testAt(tokens, i + 1) : undefined;
    if (!test) {
      inner += tokens[i].text;
      continue;
    }
    inner += `| ${test.name}(${withTests(test.args)})`;
    i = test.last;
  }
  return inner;
}

function testAt(tokens, from) {
  const next = (at) => {
    let found = at;
    while (tokens[found]?.kind === "space") found++;
    return found;
  };
  let name = next(from);
  const isNegated = tokens[name]?.text === "not";
  if (isNegated) name = next(name + 1);
  if (tokens[name]?.kind !== "word") return undefined;
  const first = next(name + 1);
  const token = tokens[first];
  if (!token) return undefined;
  const prefix = isNegated ? "_is_not_" : "_is_";
  if (token.text === "(" || token.text === "[") {
    const last = closing(tokens, first);
    const args = token.text === "(" ? tokens.slice(first + 1, last) : tokens.slice(first, last + 1);
    return { name: prefix + tokens[name].text, args, last };
  }
  if (token.kind !== "literal" && !(token.kind === "word" && !AFTER.has(token.text))) return undefined;
  let last = first;
  while (tokens[last + 1]?.text === "." || tokens[last + 1]?.text === "[")
    last = tokens[last + 1].text === "." ? last + 2 : closing(tokens, last + 1);
  return { name: prefix + tokens[name].text, args: tokens.slice(first, last + 1), last };
}

function closing(tokens, from) {
  for (let depth = 0, at = from; at < tokens.length; at++) {
    if (tokens[at].kind !== "sign") continue;
    if ("([{".includes(tokens[at].text)) depth++;
    if (")]}".includes(tokens[at].text) && --depth === 0) return at;
  }
  throw new SyntaxError("Missing closing bracket");
}
