/** The buffer of a shared memory, at least so far: looked for again where it was missed that another thread has grown it. */
export function bufferUpTo(memory: Pick<WebAssembly.Memory, "buffer" | "grow">, end: number): ArrayBufferLike;
