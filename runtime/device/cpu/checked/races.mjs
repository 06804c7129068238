/**
 * Finds programs of one launch that meet in memory without an order between them: both touch a byte, one of them writes, and not both by an
 * atomic op. Programs run one after another here; what orders two of them on a GPU is a release of one that the other acquires at the same
 * address, so each program knows up to which release it has seen every other one (the vector clocks of FastTrack, PLDI 2009, as sparse maps).
 */

const PAGE = 4096;
/** Each cell remembers the last access that wrote, and the last two programs that read. */
const SLOTS = 3;
/** Looks at one word in a row, with nothing else between, after which a program is taken to wait for another. */
const PATIENCE = 1 << 20;

export class Races {
  #touch;
  #pages = new Map();
  /** Accesses as cells know them, by number from 1: place, program, release, and what was done. */
  #events = [null];
  /** Numbers of the events of this program since its last release, by place and kind. */
  #own = new Map();
  #released = new Map();
  #seen = new Map();
  #atomics = new Map();
  #program = 0;
  #waitsAt = -1;
  #waited = 0;

  /** @param touch the bits of an access: `TOUCH` of the compiler */
  constructor(touch) {
    this.#touch = touch;
  }

  /** All that follows is of this program. */
  enter(program) {
    this.#program = program;
    this.#own.clear();
    this.#waited = 0;
  }

  /** Notes an access; gives the one that it races with, if any. */
  access(site, address, bytes, does) {
    const { write, atomic, acquire, release } = this.#touch;
    if (does & acquire) this.#acquire(address);
    const event = this.#event(site, does);
    let other = 0;
    for (let at = address; at < address + bytes && other === 0; ) {
      const page = this.#page(at, address, bytes);
      other = this.#cell(page, ((at % PAGE) >> page.shift) * SLOTS, event);
      at += 1 << page.shift;
    }
    if (does & release) this.#release(address);
    const looks = (does & atomic) !== 0 || !(does & write);
    this.#waited = looks && this.#waitsAt === address ? this.#waited + 1 : 0;
    this.#waitsAt = address;
    return other === 0 ? null : this.#events[other];
  }

  /** Whether the program does nothing any more but look at one word. */
  get stuck() {
    return this.#waited > PATIENCE;
  }

  /** Words of four bytes are one cell until something smaller than that is touched. */
  #page(at, address, bytes) {
    const number = Math.floor(at / PAGE);
    const whole = address % 4 === 0 && bytes % 4 === 0;
    let page = this.#pages.get(number);
    if (!page) {
      const shift = whole ? 2 : 0;
      page = { shift, cells: new Uint32Array((PAGE >> shift) * SLOTS) };
      this.#pages.set(number, page);
    } else if (page.shift === 2 && !whole) {
      const words = page.cells;
      page.cells = new Uint32Array(PAGE * SLOTS);
      for (let byte = 0; byte < PAGE; byte++)
        page.cells.set(words.subarray((byte >> 2) * SLOTS, ((byte >> 2) + 1) * SLOTS), byte * SLOTS);
      page.shift = 0;
    }
    return page;
  }

  /** Holds an access against those that the cell remembers; gives the number of one that it races with, or 0. */
  #cell({ cells }, at, event) {
    const { write } = this.#touch;
    const { does } = this.#events[event];
    if (cells[at] === event || (!(does & write) && cells[at + 1] === event)) return 0;
    if (this.#conflict(cells[at], does)) return cells[at];
    if (!(does & write)) {
      if (this.#events[cells[at + 1]]?.program !== this.#program) cells[at + 2] = cells[at + 1];
      cells[at + 1] = event;
      return 0;
    }
    for (const reader of [cells[at + 1], cells[at + 2]]) if (this.#conflict(reader, does)) return reader;
    cells[at] = event;
    return 0;
  }

  #conflict(number, does) {
    const { atomic } = this.#touch;
    const other = this.#events[number];
    if (!other || other.program === this.#program || does & other.does & atomic) return false;
    return (this.#seen.get(this.#program)?.get(other.program) ?? -1) < other.released;
  }

  #event(site, does) {
    const key = site * 64 + does;
    let number = this.#own.get(key);
    if (number === undefined) {
      const released = this.#released.get(this.#program) ?? 0;
      number = this.#events.push({ site, does, program: this.#program, released }) - 1;
      this.#own.set(key, number);
    }
    return number;
  }

  /** The program now knows what whoever released here had done and known. */
  #acquire(address) {
    const known = this.#atomics.get(address);
    if (!known) return;
    const seen = this.#seen.get(this.#program) ?? new Map();
    for (const [program, released] of known)
      if (program !== this.#program && (seen.get(program) ?? -1) < released) seen.set(program, released);
    this.#seen.set(this.#program, seen);
  }

  #release(address) {
    const known = this.#atomics.get(address) ?? new Map();
    for (const [program, released] of this.#seen.get(this.#program) ?? [])
      if ((known.get(program) ?? -1) < released) known.set(program, released);
    const released = this.#released.get(this.#program) ?? 0;
    known.set(this.#program, released);
    this.#atomics.set(address, known);
    this.#released.set(this.#program, released + 1);
    this.#own.clear();
  }
}
