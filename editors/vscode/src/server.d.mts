export function mayHaveKernels(document: { readonly fileName: string; readonly text: string }): boolean;
export function serverCommand(
  setting: string,
  folders: readonly string[],
): {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string | undefined; readonly shell: boolean };
};
