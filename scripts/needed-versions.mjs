// What a shared library asks of the system that loads it, read from its ELF file as the loader reads it.
//
//   node scripts/needed-versions.mjs FILE     fails where a release may not ship it
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DYNAMIC = 6;
const DYNAMIC_SYMBOLS = 11;
const VERSIONS_NEEDED = 0x6ffffffe;
const VERSION_OF_SYMBOL = 0x6fffffff;
const NEEDED = 1n;

/** The sections of a 64-bit little-endian file, by kind. */
function sectionsOf(bytes) {
  if (bytes.toString("latin1", 0, 6) !== "\x7fELF\x02\x01") throw new Error("is no 64-bit little-endian ELF file");
  const [table, size, count] = [Number(bytes.readBigUInt64LE(40)), bytes.readUInt16LE(58), bytes.readUInt16LE(60)];
  const all = Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    const start = Number(bytes.readBigUInt64LE(at + 24));
    const data = bytes.subarray(start, start + Number(bytes.readBigUInt64LE(at + 32)));
    return {
      kind: bytes.readUInt32LE(at + 4),
      data,
      link: bytes.readUInt32LE(at + 40),
      info: bytes.readUInt32LE(at + 44),
    };
  });
  const find = (kind) => {
    const section = all.find((one) => one.kind === kind);
    const names = section && all[section.link]?.data;
    return section && { ...section, name: (at) => names.toString("latin1", at, names.indexOf(0, at)) };
  };
  return { find };
}

/** The versions that .gnu.version_r lists, by the number that symbols refer to them with. */
function versionsByNumber({ data, info, name }) {
  const versions = new Map();
  for (let library = 0, at = 0; library < info; library++) {
    let entry = at + data.readUInt32LE(at + 8);
    for (let left = data.readUInt16LE(at + 2); left > 0; left--) {
      versions.set(data.readUInt16LE(entry + 6), name(data.readUInt32LE(entry + 8)));
      entry += data.readUInt32LE(entry + 12);
    }
    at += data.readUInt32LE(at + 12);
  }
  return versions;
}

/** The libraries that a file is linked to, and each version of theirs that it needs with the symbols that need it. */
export function neededVersions(file) {
  const { find } = sectionsOf(readFileSync(file));
  const [dynamic, needed, symbols] = [DYNAMIC, VERSIONS_NEEDED, DYNAMIC_SYMBOLS].map(find);
  const libraries = [];
  for (let at = 0; dynamic && at < dynamic.data.length; at += 16)
    if (dynamic.data.readBigUInt64LE(at) === NEEDED)
      libraries.push(dynamic.name(Number(dynamic.data.readBigUInt64LE(at + 8))));
  const versions = new Map();
  if (!needed) return { libraries, versions };
  const byNumber = versionsByNumber(needed);
  for (const version of byNumber.values()) versions.set(version, []);
  const numbers = find(VERSION_OF_SYMBOL).data;
  for (let index = 0; index * 2 < numbers.length; index++) {
    const version = byNumber.get(numbers.readUInt16LE(index * 2) & 0x7fff);
    if (version) versions.get(version).push(symbols.name(symbols.data.readUInt32LE(index * 24)));
  }
  return { libraries, versions };
}

/** The newest of each that a shipped add-on may ask for: what RHEL 8 and Debian 10 have, as Node's own builds do. */
const NEWEST = { GLIBC: "2.28", GLIBCXX: "3.4.25", CXXABI: "1.3.11", GCC: "7.0.0" };

/** What every such system has, or comes with Node. */
const EVERYWHERE = /^(?:lib(?:c|m|dl|rt|pthread|stdc\+\+|gcc_s)|ld-linux-[\w-]+)\.so\.\d+$/;

/** Below 0, 0 or above as the first of two dotted numbers is older, the same or newer. */
function compare(one, other) {
  const [a, b] = [one, other].map((text) => text.split(".").map(Number));
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The newest glibc that is asked for, such as "2.16". */
export const glibcOf = ({ versions }) =>
  [...versions.keys()]
    .flatMap((name) => /^GLIBC_([\d.]+)$/.exec(name)?.[1] ?? [])
    .sort(compare)
    .at(-1) ?? "0";

/** What a file asks for beyond what a shipped add-on may, a sentence each; none where it may be shipped. */
export function tooNew({ libraries, versions }) {
  const strange = libraries.filter((name) => !EVERYWHERE.test(name)).map((name) => `it is linked to ${name}`);
  const newer = [...versions].flatMap(([version, symbols]) => {
    const [, family, number] = /^([A-Z]+)_([\d.]+)$/.exec(version) ?? [];
    if (NEWEST[family] && compare(number, NEWEST[family]) <= 0) return [];
    const most = NEWEST[family] ? `, above ${family}_${NEWEST[family]}` : "";
    return [`it needs ${version}${most}${symbols.length > 0 ? ` (${symbols.slice(0, 3).join(", ")})` : ""}`];
  });
  return [...strange, ...newer];
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , file = "(no FILE)"] = process.argv;
  try {
    const needed = neededVersions(file);
    const newer = tooNew(needed);
    if (newer.length > 0) throw new Error(["cannot be shipped:", ...newer].join("\n  "));
    console.log(`${file} asks for glibc ${glibcOf(needed)}, so it runs where glibc is ${NEWEST.GLIBC} or newer`);
  } catch (error) {
    console.error(`${file} ${error.message}`);
    process.exitCode = 1;
  }
}
