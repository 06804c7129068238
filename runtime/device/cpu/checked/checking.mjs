/** What a worker of a checked device does besides running programs. */
import { Races } from "./races.mjs";
import { Unwritten } from "./unwritten.mjs";

/** The numbers below `count`, in an order that follows from the seed: Fisher and Yates's shuffle by Mulberry's generator. */
export function shuffled(count, seed) {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

export class Checking {
  #unwritten;
  #touch;
  #seed;
  #fault;
  #races = null;

  /**
   * @param checks what the host gave: the shared bits, the bits of accesses, and the seed of the order of programs
   * @param fault makes the error that ends a kernel: kind, place, base, element, and more facts
   */
  constructor({ unwritten, touch, seed }, fault) {
    this.#unwritten = new Unwritten(unwritten);
    this.#touch = touch;
    this.#seed = seed;
    this.#fault = fault;
  }

  /**
   * Runs the programs of a launch one by one. Those of a cooperative one run at once, on several workers: they are not held against each
   * other.
   */
  launch(first, length, cooperative, run) {
    this.#races = cooperative ? null : new Races(this.#touch);
    const order = cooperative || this.#seed === null ? null : shuffled(length, this.#seed);
    for (let at = 0; at < length; at++) {
      const program = first + (order ? order[at] : at);
      this.#races?.enter(program);
      run(program);
    }
  }

  copied(to, from, bytes) {
    this.#unwritten.copy(to, from, bytes);
  }

  filled(start, bytes) {
    this.#unwritten.set(start, bytes, false);
  }

  touch(site, base, index, bytes, does) {
    const address = (base >>> 0) + index * bytes;
    const { read, write } = this.#touch;
    if (does & read) {
      const missing = this.#unwritten.first(address, bytes);
      if (missing !== null) throw this.#fault("uninitialised", site, base, index, { byte: missing - (base >>> 0) });
    }
    if (does & write) this.#unwritten.set(address, bytes, false);
    const other = this.#races?.access(site, address, bytes, does);
    if (other)
      throw this.#fault("race", site, base, index, { byte: index * bytes, writes: (does & write) !== 0, other });
    if (this.#races?.stuck) throw this.#fault("waits", site, base, index, { byte: index * bytes });
  }

  tensorMap(site, base, axis, value) {
    if (value % 16 !== 0) throw this.#fault("tensorMap", site, base, 0, { axis, value });
  }
}
