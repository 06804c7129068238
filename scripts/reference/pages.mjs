// The pages of the reference: which files of dsl/ each has, and what it says of a name.

/** Every file of dsl/ that exports names is on one page. */
export const PAGES = [
  ["kernels", "Kernels and launches", ["dsl/kernel"]],
  ["types", "Types", ["dsl/types", "dsl/dtypes"]],
  ["programs", "Programs and places", ["ops/program"]],
  ["loops", "Loops, promises and barriers", ["ops/control"]],
  ["create", "Making tiles", ["ops/create"]],
  ["memory", "Loads and stores", ["ops/memory"]],
  ["descriptors", "Tensor descriptors", ["ops/descriptor"]],
  ["atomics", "Atomics", ["ops/atomic"]],
  ["arithmetic", "Arithmetic and choices", ["ops/arithmetic", "ops/select"]],
  ["functions", "Functions of numbers", ["ops/math"]],
  [
    "libdevice",
    "More functions of numbers",
    ["ops/libdevice", "ops/special", "ops/directed", "ops/fast", "ops/integers"],
  ],
  ["convert", "Conversions", ["ops/convert"]],
  ["shapes", "Shapes", ["ops/shape"]],
  ["matrices", "Matrix products", ["ops/matrix"]],
  ["reductions", "Reductions, scans and orders", ["ops/reduce"]],
  ["combining", "Functions of your own", ["ops/combine"]],
  ["library", "The library", ["library/numbers", "library/order", "library/softmax"]],
  ["random", "Random numbers", ["library/random"]],
  ["debugging", "Printing and asserting", ["ops/debug"]],
  ["errors", "Errors", ["dsl/errors", "dsl/outside"]],
];

const cell = (text) => text.replaceAll("|", "\\|");
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
const inline = (text) => (text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``);
const code = (text) => ["```ts", text, "```"].join("\n");

/** GitHub's anchor of each heading of a page. */
function anchorsOf(names) {
  const taken = new Map();
  return names.map((name) => {
    const anchor = name.toLowerCase();
    const before = taken.get(anchor) ?? 0;
    taken.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Options that one function alone takes stand with it; others have a place of their own. */
function ownersOf(entries) {
  const takers = (options) => entries.filter(({ signatures }) => signatures.some((one) => one.includes(options)));
  const options = entries.filter(({ name }) => name.endsWith("Options") && name !== "KernelOptions");
  return new Map(options.flatMap(({ name }) => (takers(name).length === 1 ? [[name, takers(name)[0].name]] : [])));
}

const membersText = ({ name, members }) =>
  [
    table(
      [/Options$/.test(name) ? "option" : "member", "type", ""],
      members.map(({ name, type, doc }) => [inline(name), inline(type), doc]),
    ),
    ...members.flatMap(({ examples }) => examples.map(code)),
  ].join("\n\n");

function entryText(entry, { accepted, inside, linkOf }) {
  const { name, doc, triton, examples, signatures, declared, members } = entry;
  const facts = [];
  if (triton) facts.push(`Triton: ${triton}`);
  if (accepted) facts.push(`dtypes: ${accepted}`);
  const options = signatures.flatMap((one) => [...one.matchAll(/\b(\w+Options)\b/g)].map(([, other]) => other));
  const elsewhere = [...new Set(options)].filter((one) => !inside.some((other) => other.name === one));
  if (elsewhere.length > 0) facts.push(`options: ${elsewhere.map((one) => `[\`${one}\`](${linkOf(one)})`).join(", ")}`);
  return [
    `### \`${name}\``,
    code(signatures.length > 0 ? signatures.join("\n") : declared),
    doc,
    facts.join(" · "),
    members.length > 0 ? membersText(entry) : "",
    ...inside.map(membersText),
    ...examples.map(code),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

/** @returns the text of every page by its file name */
export function pagesOf(entries, { acceptedBy, introductions, dtypeTable }) {
  const owners = ownersOf(entries);
  const placed = new Set(PAGES.flatMap(([, , files]) => files));
  const lost = entries.find(({ file }) => !placed.has(file));
  if (lost) throw new Error(`${lost.name} of ${lost.file} is on no page: name the file in scripts/reference/pages.mjs`);

  const pages = PAGES.map(([slug, title, files]) => {
    const all = files.flatMap((file) => entries.filter((one) => one.file === file).sort((a, b) => a.at - b.at));
    const shown = all.filter(({ name }) => !owners.has(name));
    const anchors = anchorsOf(shown.map(({ name }) => name));
    return {
      slug,
      title,
      files,
      all,
      shown,
      links: new Map(shown.map(({ name }, at) => [name, `${slug}.md#${anchors[at]}`])),
    };
  });
  const links = new Map(pages.flatMap(({ links }) => [...links]));
  for (const [options, owner] of owners) links.set(options, links.get(owner));
  const linkOf = (name) => links.get(name);

  const page = ({ title, files, all, shown }) =>
    [
      `# ${title}`,
      "[All names](README.md) · [What TypeScript means in a kernel](../language.md) · [Triton's names](../triton.md)",
      ...files.flatMap((file) => introductions(file)),
      ...shown.map((entry) =>
        entryText(entry, {
          accepted: acceptedBy(entry.name),
          inside: all.filter(({ name }) => owners.get(name) === entry.name),
          linkOf,
        }),
      ),
      ...(files.includes("dsl/dtypes") ? [`### Dtypes\n\n${dtypeTable}`] : []),
    ].join("\n\n");

  return new Map([
    ["README.md", `${index(pages, linkOf)}\n`],
    ...pages.map((one) => [`${one.slug}.md`, `${page(one)}\n`]),
  ]);
}

const HEAD = `# Language reference

Every name that \`import … from "tilescript"\` has, written by \`node scripts/reference.mjs\` from [the declarations](../../dsl). An editor shows the
same. How TypeScript's own operators and statements act on tiles says [\`language.md\`](../language.md); what each name of Triton is here,
[\`triton.md\`](../triton.md).

In signatures \`S\` is a shape, \`D\` a dtype and \`…\` a type that follows from the operands as the text says. TypeScript's operators forget
shapes and dtypes: \`a + b\` of tiles is a \`number\` to it. So where a parameter is a \`number\`, it may be a tile, one number, a constant or a
literal, and \`ptr: number\` is a pointer or a tile of them: the compiler, which forgets nothing, looks again. \`dtypes\` are those that a function
takes for all its operands; where dtypes mix, operands meet in the wider one, and f16 and bf16 in f32.`;

const sentence = (doc) => /^[\s\S]*?(?:\.(?=\s)|$)/.exec(doc)[0].replace(/\.$/, "");

const index = (pages, linkOf) =>
  [
    HEAD,
    ...pages.map(({ slug, title, shown }) =>
      [
        `## [${title}](${slug}.md)`,
        table(
          ["", "", "Triton"],
          shown.map(({ name, doc, triton = "" }) => [`[\`${name}\`](${linkOf(name)})`, sentence(doc), triton]),
        ),
      ].join("\n\n"),
    ),
  ].join("\n\n");

/** What is wrong with the documentation itself. */
export const undocumented = (entries) =>
  entries.flatMap(({ name, doc, examples, signatures, members }) => [
    ...(doc === "" ? [`${name} says nothing of itself`] : []),
    ...(signatures.length > 0 && examples.length === 0 ? [`${name} has no example`] : []),
    ...members.filter((one) => one.doc === "").map((one) => `${one.name} of ${name} says nothing of itself`),
  ]);

export const dtypeTable = (dtypes) =>
  table(
    ["dtype", "bytes", "Triton", "the host's array"],
    Object.entries(dtypes).map(([name, { bytes, triton, array }]) => [
      `\`${name}\``,
      `${bytes}`,
      `\`tl.${triton}\``,
      `\`${array.name}\``,
    ]),
  );
