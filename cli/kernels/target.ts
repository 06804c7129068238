/** The file of `file#kernel`. */
export const fileOf = (target: string): string => target.replace(/#[\w$]+$/, "");
