/** How often a test repeats what it does; fewer times under a tool that makes kernels a hundred times slower (scripts/compute-sanitizer). */
export const repetitions = (usual: number, slow: number): number => (process.env.TILESCRIPT_SANITIZER ? slow : usual);
