import { inflateSync } from "node:zlib";
import { expect } from "vitest";

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  readonly at: (x: number, y: number) => number[];
}

/** Width, height and the colours of a PNG of 8-bit RGBA, which is what the renderer writes. */
export function readPng(png: Uint8Array): Pixels {
  const bytes = Buffer.from(png);
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  expect([bytes[24], bytes[25]]).toEqual([8, 6]);
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * 4;
  const image = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < stride; x++) {
      const left = x >= 4 ? image[y * stride + x - 4]! : 0;
      const up = y > 0 ? image[(y - 1) * stride + x]! : 0;
      const corner = x >= 4 && y > 0 ? image[(y - 1) * stride + x - 4]! : 0;
      const guess = left + up - corner;
      const paeth = [left, up, corner].reduce((best, one) =>
        Math.abs(guess - one) < Math.abs(guess - best) ? one : best,
      );
      const predicted = [0, left, up, (left + up) >> 1, paeth][raw[y * (stride + 1)]!]!;
      image[y * stride + x] = raw[y * (stride + 1) + 1 + x]! + predicted;
    }
  return { width, height, at: (x, y) => [...image.subarray(y * stride + x * 4, y * stride + x * 4 + 4)] };
}
