/**
 * The buffer of a shared memory, at least so far. One that another thread grows while a thread is just given it can be missed there, and its `buffer`
 * stays as short as it was; to grow it by nothing looks again.
 */
export function bufferUpTo(memory, end) {
  if (memory.buffer.byteLength < end) memory.grow(0);
  return memory.buffer;
}
