import { createHash } from "node:crypto";
import { FrameWriter } from "../../provider/nix/serve-codec";
import type { ValidPath } from "../../provider/nix/valid-path";
import type { StorePath } from "../../provider/values";

/** A file as Nix serialises it. */
export function narOf(contents: string): Buffer {
  const tokens = ["nix-archive-1", "(", "type", "regular", "contents", contents, ")"];
  return tokens.reduce((writer, token) => writer.string(token), new FrameWriter()).bytes();
}

/** What a store knows of a path with this NAR. */
export function validPath(path: StorePath, nar: Buffer, more: Partial<ValidPath> = {}): ValidPath {
  const narHash = createHash("sha256").update(nar).digest("hex");
  const rest = { deriver: undefined, references: [], ca: "", signatures: [] };
  return { path, narSize: nar.length, narHash, ...rest, ...more };
}
