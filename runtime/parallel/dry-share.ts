import type { Device } from "../device/device.js";
import type { ModelKernels } from "../kernels/loaded.js";
import type { Dealing } from "./dealing.js";
import type { Exchange, Meeting } from "./exchange.js";
import { MEETING_TILES } from "./peer-meeting.js";
import type { Share } from "./share.js";

/** How a cache is dealt, as far as that decides which kernels there are. */
export interface DealtLayout {
  readonly dealing: Dealing;
  readonly mapped: boolean;
}

/** The share of a rank whose device does nothing (models/dry-run.ts): rounds are launched, and nobody is there. */
export function dryShare(device: Device, kernels: Pick<ModelKernels, "exchangeRows">, layout: DealtLayout): Share {
  const { dealing } = layout;
  const buffer = device.alloc(0);
  const { BLOCK } = MEETING_TILES[device.traits.tiles];
  const sizes = { words: 0, room: 0, rank: 0, ranks: dealing.ranks, looks: 0 };
  const memory = { mine: buffer, all: buffer, landings: buffer, flags: buffer, rounds: buffer };
  const meeting: Meeting = {
    stride: 0,
    mine: () => buffer,
    all: () => buffer,
    gather: () => kernels.exchangeRows.launch([1], { ...memory, status: buffer, abort: buffer, ...sizes, BLOCK }),
    free() {},
  };
  const exchange: Exchange = {
    ranks: dealing.ranks,
    meeting: async () => meeting,
    abort() {},
    report() {},
    check() {},
    free() {},
  };
  return { ...layout, rank: 0, exchange, meetings: { step: meeting, chunk: meeting } };
}
