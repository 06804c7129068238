// Zip archives (APPNOTE.TXT of PKWARE, sections 4.3 and 4.4): the same files give the same bytes.
import { crc32, deflateRawSync } from "node:zlib";

const DEFLATED = 8;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** The first day that the format knows, 1 January 1980: when files were written is nobody's concern. */
const DATE = (1 << 5) | 1;

const short = (...values) => Buffer.from(new Uint16Array(values).buffer);
const long = (...values) => Buffer.from(new Uint32Array(values).buffer);
const signature = (last) => Buffer.from([0x50, 0x4b, ...last]);

/** What a file's own header and its entry in the directory at the end have in common. */
const common = ({ name, bytes, packed }) =>
  Buffer.concat([
    short(VERSION, FLAGS, DEFLATED, 0, DATE),
    long(crc32(bytes), packed.length, bytes.length),
    short(Buffer.byteLength(name), 0),
  ]);

/** An archive of these files, from names to bytes, in their order. */
export function zip(files) {
  const locals = [];
  const directory = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const file = { name, bytes, packed: deflateRawSync(bytes, { level: 9 }) };
    const local = Buffer.concat([signature([3, 4]), common(file), Buffer.from(name), file.packed]);
    directory.push(signature([1, 2]), short(VERSION), common(file), Buffer.alloc(10), long(offset), Buffer.from(name));
    locals.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = Object.keys(files).length;
  const end = [signature([5, 6]), short(0, 0, count, count), long(entries.length, offset), short(0)];
  return Buffer.concat([...locals, entries, ...end]);
}
