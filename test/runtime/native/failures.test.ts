import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { CudaError } from "../../../runtime/device/errors.js";
import { image, openFake } from "./fake-driver.js";

const { addon, fake } = openFake();
const folder = mkdtempSync(join(tmpdir(), "tilescript-failures-"));
const file = join(folder, "weights");
writeFileSync(
  file,
  Uint8Array.from({ length: 100 }, (_, index) => index),
);

const descriptor = openSync(file, "r");

afterAll(() => {
  closeSync(descriptor);
  rmSync(folder, { recursive: true });
});
beforeEach(() => fake.reset());

/** One of everything, as a program would use it: every driver call the launcher knows is made at least once. */
async function useEverything(): Promise<void> {
  addon.countDevices();
  addon.describeDevice(0);
  using context = new addon.Context(0);
  context.memory();
  using stream = new addon.Stream(context);
  using other = new addon.Stream(context);
  using memory = new addon.Memory(context, 100);
  using twin = new addon.Memory(context, 100);
  using growable = new addon.GrowableMemory(context, stream, 6 << 20);
  growable.grow(1);
  growable.grow(3 << 20);
  stream.fill(growable, 0, 4 << 20, 0);
  using pinned = new addon.PinnedMemory(context, 100);
  using uploader = new addon.Uploader(context, 2, 2, 16);
  await uploader.upload([{ to: memory, toOffset: 0, file: descriptor, offset: 0, bytes: 100 }], new addon.Transfer());
  stream.enqueueWrite(twin, 0, pinned, 0, 100);
  stream.copy(twin, 0, memory, 0, 100);
  stream.fill(twin, 0, 4, 0);
  stream.fill32(twin, 0, 1, 0);
  await stream.writeAsync(memory, 0, new Uint8Array(4));
  await stream.readAsync(memory, 0, new Uint8Array(4));
  using start = new addon.Event(context, true);
  using end = new addon.Event(context, true);
  stream.record(start);
  other.wait(start);
  stream.record(end);
  await end.synchronizeAsync();
  end.done();
  stream.done();
  end.elapsedSince(start);
  using module = await addon.Module.load(context, image("append params=8,4"));
  using kernel = module.function("append");
  kernel.attributes();
  kernel.parameters();
  kernel.allowSharedBytes(60000);
  kernel.maxActiveBlocks(32, 0);
  using launch = new addon.PreparedLaunch(kernel, stream, { grid: [1], block: [32] }, [0, 8], 12);
  new DataView(launch.params()).setBigUint64(0, memory.address, true);
  launch.launch();
  const tensor = { type: 9, address: 0n, dims: [64], strides: [], box: [64], swizzle: 0, promotion: 2, fill: 0 };
  addon.encodeTensorMap(tensor);
  stream.beginCapture();
  launch.launch();
  stream.enqueueRead(memory, 0, pinned, 0, 4);
  using graph = stream.endCapture();
  graph.nodes();
  using exec = graph.instantiate();
  exec.upload(stream);
  exec.launch(stream);
  await context.synchronizeAsync();
}

const nothingLive = () => expect.poll(() => fake.live()).toEqual([]);

/** How often each driver function is called by useEverything. */
async function census(): Promise<Map<string, number>> {
  await useEverything();
  await nothingLive();
  const counts = new Map<string, number>();
  for (const call of fake.calls()) {
    const name = call.split(" ")[0]!;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Functions that let a handle go: they do so even while they report what an earlier launch did wrong. */
const releases = /Destroy|Free|Unload|Release|Unmap/;
/** Growing memory waits for its stream before it is freed, last of all: there too nobody is left to tell. */
const isRelease = (name: string, nth: number, counts: ReadonlyMap<string, number>): boolean =>
  releases.test(name) || (name === "cuStreamSynchronize" && nth === counts.get(name));
/** Made once, when the driver is opened: unavailable.test.ts fails them. */
const opening = ["cuInit", "cuDriverGetVersion"];

describe("when a driver call fails", () => {
  it("the census covers the whole surface", async () => {
    const used = await census();
    const surface = [
      "cuCtxSetCurrent",
      "cuCtxSynchronize",
      "cuDeviceGet",
      "cuDeviceGetAttribute",
      "cuDeviceGetCount",
      "cuDeviceGetName",
      "cuDevicePrimaryCtxRelease_v2",
      "cuDevicePrimaryCtxRetain",
      "cuDeviceTotalMem_v2",
      "cuEventCreate",
      "cuEventDestroy_v2",
      "cuEventElapsedTime",
      "cuEventQuery",
      "cuEventRecord",
      "cuEventSynchronize",
      "cuFuncGetAttribute",
      "cuFuncGetParamInfo",
      "cuFuncSetAttribute",
      "cuGraphDestroy",
      "cuGraphExecDestroy",
      "cuGraphGetNodes",
      "cuGraphInstantiateWithFlags",
      "cuGraphLaunch",
      "cuGraphNodeGetType",
      "cuGraphUpload",
      "cuLaunchKernelEx",
      "cuMemAddressFree",
      "cuMemAddressReserve",
      "cuMemAlloc_v2",
      "cuMemCreate",
      "cuMemFreeHost",
      "cuMemFree_v2",
      "cuMemGetAllocationGranularity",
      "cuMemGetInfo_v2",
      "cuMemHostAlloc",
      "cuMemMap",
      "cuMemRelease",
      "cuMemSetAccess",
      "cuMemUnmap",
      "cuMemcpyDtoDAsync_v2",
      "cuMemcpyDtoHAsync_v2",
      "cuMemcpyHtoDAsync_v2",
      "cuMemsetD32Async",
      "cuMemsetD8Async",
      "cuModuleGetFunction",
      "cuModuleLoadDataEx",
      "cuModuleUnload",
      "cuOccupancyMaxActiveBlocksPerMultiprocessor",
      "cuStreamBeginCapture_v2",
      "cuStreamCreateWithPriority",
      "cuStreamDestroy_v2",
      "cuStreamEndCapture",
      "cuStreamQuery",
      "cuStreamSynchronize",
      "cuStreamWaitEvent",
      "cuTensorMapEncodeTiled",
    ];
    expect([...used.keys()].sort()).toEqual(surface.sort());
    expect(opening.some((name) => used.has(name))).toBe(false);
  });

  it("each occurrence of each gives its CudaError, and nothing stays behind", async () => {
    const counts = await census();
    for (const [name, count] of counts) {
      // Worker threads enter the context once each, so how often is not fixed; the first time always is.
      for (let nth = 1; nth <= (name === "cuCtxSetCurrent" ? 1 : count); nth++) {
        fake.reset();
        fake.fail(name, nth, 700);
        const outcome = await useEverything().catch((error) => error);
        if (isRelease(name, nth, counts)) expect(outcome, `${name} #${nth}`).toBeUndefined();
        else {
          expect(outcome, `${name} #${nth}`).toBeInstanceOf(CudaError);
          expect(outcome, `${name} #${nth}`).toMatchObject({
            code: 700,
            name: "CUDA_ERROR_ILLEGAL_ADDRESS",
            text: "fake text of CUDA_ERROR_ILLEGAL_ADDRESS",
          });
          expect(outcome.call.startsWith(`${name}(`), `${outcome.call} for ${name} #${nth}`).toBe(true);
        }
        await nothingLive();
      }
    }
  });

  it("a code that the driver does not know is still an error", () => {
    using context = new addon.Context(0);
    fake.fail("cuMemAlloc_v2", 1, 12345);
    expect(() => new addon.Memory(context, 1 << 20)).toThrow(
      expect.objectContaining({ code: 12345, name: "CUDA_ERROR_12345", call: "cuMemAlloc_v2(1048576)" }),
    );
  });

  it("running out of memory says what was asked and what helps", () => {
    using context = new addon.Context(0);
    expect(() => new addon.Memory(context, 2 ** 31)).toThrow(
      expect.objectContaining({
        name: "CUDA_ERROR_OUT_OF_MEMORY",
        call: "cuMemAlloc_v2(2147483648)",
        message: expect.stringContaining("Free buffers"),
      }),
    );
  });
});
