import type { StorePath } from "../values";

/** All that a store knows of a path that it holds, and all that another one has to be told. */
export interface ValidPath {
  readonly path: StorePath;
  readonly deriver: StorePath | undefined;
  /** May name the path itself. */
  readonly references: readonly StorePath[];
  /** Bytes, as Nix serialises it. */
  readonly narSize: number;
  /** SHA-256 of that, 64 hexadecimal digits. */
  readonly narHash: string;
  /** The content address, `fixed:…` or `text:…`; empty for what a derivation built. */
  readonly ca: string;
  /** `<name of the key>:<base 64>`. */
  readonly signatures: readonly string[];
}

/** The paths in an order in which none comes before what it refers to. What is not among them is not looked at. */
export function referencesFirst(paths: readonly ValidPath[]): ValidPath[] {
  const open = new Map(paths.map((info) => [info.path, info]));
  const ordered: ValidPath[] = [];
  // Without recursion: closures are as deep as somebody made them.
  for (const root of paths) {
    const stack = [{ info: root, isEntered: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      const { info, isEntered } = top;
      if (isEntered) ordered.push(info);
      if (isEntered || !open.delete(info.path)) continue;
      stack.push({ info, isEntered: true });
      for (const reference of info.references) {
        const next = open.get(reference);
        if (next !== undefined) stack.push({ info: next, isEntered: false });
      }
    }
  }
  return ordered;
}
