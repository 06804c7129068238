/** Python that a generated file starts with when an op in it needs it. */
export type PreludeName =
  | (
      | "libdevice"
      | "subnormals"
      | "max_with_index"
      | "min_with_index"
      | "scalars"
      | "gdc_wait"
      | "gdc_launch_dependents"
      | "ceil_div"
    )
  | ("reshaped" | "argsort")
  | ("num_warps" | "num_threads" | "smid" | "globaltimer")
  | ("truncated_div" | "truncated_mod" | "ceiling_div" | "shifted_left" | "shifted_right_logical")
  | ("shift_left" | "shift_right" | "bessel_jn");

/** Numbers compete with their indices: of equal ones the first wins, and NaN only where there is nothing else. */
const withIndex = (name: string, better: string, worst: string): Prelude => ({
  kind: "function",
  lines: [
    "@triton.jit",
    `def ${name}_of(a, i, b, j):`,
    `    first = (a ${better} b) | ((a == b) & (i < j))`,
    "    return tl.where(first, a, b), tl.where(first, i, j)",
    "",
    "",
    "@triton.jit",
    `def ${name}(x, index, axis: tl.constexpr, keep_dims: tl.constexpr = False):`,
    `    """NaN competes as ${worst}, behind all that are ${worst}."""`,
    "    floating: tl.constexpr = x.dtype.is_floating()",
    "    count: tl.constexpr = x.shape[axis]",
    "    index = tl.broadcast_to(index, x.shape)",
    "    value = x",
    "    if floating:",
    `        value = tl.where(x == x, x, float("${worst}"))`,
    "        index = tl.where(x == x, index, index + count)",
    "    if x.dtype.primitive_bitwidth < 32:",
    "        value = value.to(tl.float32 if floating else tl.int32)",
    `    best, index = tl.reduce((value, index), axis, ${name}_of, keep_dims=keep_dims)`,
    "    if floating:",
    '        best = tl.where(index < count, best, float("nan"))',
    "        index = tl.where(index < count, index, index - count)",
    "    return best.to(x.dtype), index",
  ],
});

/** Programmatic dependent launch came with sm_90; before it there is nothing to wait for and ptxas refuses the instruction. */
const fromHopper = (name: string): readonly string[] => [
  "@triton.jit",
  `def ${name}():`,
  "    if tl.target_info.cuda_capability_geq(9, 0):",
  `        tl.extra.cuda.${name}()`,
];

/** What constants mean, computed while Triton compiles: in Python quotients round down, and integers have no width. */
const ofConstants = (name: string, about: string, ...body: readonly string[]): Prelude => ({
  kind: "function",
  lines: [
    "@triton.constexpr_function",
    `def ${name}(a, b):`,
    `    """${about}"""`,
    ...body.map((line) => `    ${line}`),
  ],
});

/** A shift of an integer of 32 bits, or of 64 where `a` needs them. */
const shifted = (name: string, about: string, bits: string): Prelude =>
  ofConstants(
    name,
    `${about} In 32 bits, or in 64 where a needs them.`,
    "half = 1 << (31 if -(1 << 31) <= a < 1 << 31 else 63)",
    `return (${bits} + half) % (2 * half) - half`,
  );

/** Keys of 32 bits are sorted with their places below them; of 64 bits by the lower half first, then by the upper one. */
const ARGSORT = `@triton.jit
def places_in_order(key, place):
    return (tl.sort((key.to(tl.int64) << 32) | place) & 0xFFFFFFFF).to(tl.int32)


@triton.jit
def argsort(x, descending: tl.constexpr = False):
    """Of equal ones the first comes first; NaN is greater than all numbers."""
    rank: tl.constexpr = len(x.shape)
    place = tl.arange(0, x.shape[rank - 1])
    place = tl.broadcast_to(tl.reshape(place, [1] * (rank - 1) + [x.shape[rank - 1]]), x.shape)
    wide: tl.constexpr = x.dtype.primitive_bitwidth == 64
    integer: tl.constexpr = tl.int64 if wide else tl.int32
    bits: tl.constexpr = 64 if wide else 32
    most: tl.constexpr = (1 << (bits - 1)) - 1
    if x.dtype.is_floating():
        number = x.to(tl.float64 if wide else tl.float32)
        number = tl.where(number == 0, 0.0, number)
        key = number.to(integer, bitcast=True)
        key = tl.where(number == number, key ^ ((key >> (bits - 1)) & most), most)
    elif x.dtype.is_int_unsigned() and x.dtype.primitive_bitwidth >= 32:
        key = x.to(integer, bitcast=True) ^ (-most - 1)
    else:
        key = x.to(integer)
    if descending:
        key = ~key
    if wide:
        low = places_in_order((key & 0xFFFFFFFF) - 0x80000000, place)
        return tl.gather(low, places_in_order(tl.gather(key >> 32, low, rank - 1), place), rank - 1)
    else:
        return places_in_order(key, place)`.split("\n");

/** A name of Triton's own for NVIDIA's GPUs. */
const ofCuda = (name: string): Prelude => ({
  kind: "import",
  lines: [`from triton.language.extra.cuda import ${name}`],
});

interface Prelude {
  /** An option of the compiler has no lines. */
  readonly kind: "import" | "function" | "option";
  readonly lines: readonly string[];
}

export const PRELUDE: Readonly<Record<PreludeName, Prelude>> = {
  subnormals: { kind: "option", lines: [] },
  libdevice: { kind: "import", lines: ["from triton.language.extra import libdevice"] },
  max_with_index: withIndex("max_with_index", ">", "-inf"),
  min_with_index: withIndex("min_with_index", "<", "inf"),
  scalars: {
    kind: "function",
    lines: ["@triton.jit", "def scalars(pair):", "    return tl.reshape(pair[0], []), tl.reshape(pair[1], [])"],
  },
  reshaped: {
    kind: "function",
    lines: [
      "@triton.jit",
      "def reshaped(state, shape: tl.constexpr):",
      "    return tl.tuple([tl.reshape(x, shape) for x in state])",
    ],
  },
  argsort: { kind: "function", lines: ARGSORT },
  num_warps: ofCuda("num_warps"),
  num_threads: ofCuda("num_threads"),
  smid: ofCuda("smid"),
  globaltimer: ofCuda("globaltimer"),
  gdc_wait: { kind: "function", lines: fromHopper("gdc_wait") },
  gdc_launch_dependents: { kind: "function", lines: fromHopper("gdc_launch_dependents") },
  ceil_div: {
    kind: "function",
    lines: [
      "@triton.jit",
      "def ceil_div(a, b):",
      '    """Rounds up whatever the signs: tl.cdiv does where a + b - 1 is not negative."""',
      "    rest = a % b",
      "    return a // b + ((rest != 0) & ((rest > 0) == (b > 0)))",
    ],
  },
  shift_left: {
    kind: "function",
    lines: [
      "@triton.jit",
      "def shift_left(a, b):",
      '    """Zeros are left where b is no place in a; LLVM leaves that open."""',
      "    return tl.where((b >= 0) & (b < a.dtype.primitive_bitwidth), a << b, 0)",
    ],
  },
  shift_right: {
    kind: "function",
    lines: [
      "@triton.jit",
      "def shift_right(a, b):",
      '    """Zeros are left where b is no place in a, or copies of the sign; LLVM leaves that open."""',
      "    last: tl.constexpr = a.dtype.primitive_bitwidth - 1",
      "    inside = (b >= 0) & (b <= last)",
      "    if a.dtype.is_int_signed():",
      "        return a >> tl.where(inside, b, last)",
      "    else:",
      "        return tl.where(inside, a >> b, 0)",
    ],
  },
  bessel_jn: {
    kind: "function",
    lines: [
      "@triton.jit",
      "def bessel_jn(n, x):",
      '    """libdevice\'s recurrence gives NaN at 0, and zeros of any sign at infinities."""',
      '    ends = (n > 1) & ((x == 0) | (tl.abs(x) == float("inf")))',
      "    return tl.where(ends, 0.0, libdevice.jn(n, x))",
    ],
  },
  truncated_div: ofConstants("truncated_div", "Rounds toward zero.", "return a // b if a * b >= 0 else -(-a // b)"),
  truncated_mod: ofConstants("truncated_mod", "Has the sign of a.", "return a % abs(b) if a >= 0 else -(-a % abs(b))"),
  ceiling_div: ofConstants("ceiling_div", "Rounds up.", "return -(-a // b)"),
  shifted_left: shifted("shifted_left", "What leaves the integer is lost.", "(a << b)"),
  shifted_right_logical: shifted("shifted_right_logical", "Zeros come in.", "((a % (2 * half)) >> b)"),
};
