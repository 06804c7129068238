/** A grammar over bytes, as the automaton walks it. Every node can become a whole text: what cannot has been left out. */
export type Node =
  | { readonly kind: "bytes"; readonly id: number; readonly set: Uint8Array }
  | { readonly kind: "sequence"; readonly id: number; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly id: number; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly id: number;
      readonly item: Node;
      readonly least: number;
      readonly most: number;
      /** The item may be empty; `least` is 0 then. */
      readonly canBeEmpty: boolean;
    }
  | { readonly kind: "rule"; readonly id: number; readonly body: () => Node }
  | { readonly kind: "table"; readonly id: number; readonly table: Table };

/** A deterministic automaton, from its state 0 on: no state from which it could not end. */
export interface Table {
  /** The class of each byte. */
  readonly classes: Uint8Array;
  readonly width: number;
  /** The state behind each state and class; -1 where there is none. */
  readonly next: Int32Array;
  readonly accepts: Uint8Array;
  /** Whether a state has any next. */
  readonly goesOn: Uint8Array;
}
