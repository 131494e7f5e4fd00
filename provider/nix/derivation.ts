import { existsSync, readFileSync } from "node:fs";
import { parseStorePath, storePathName, type StorePath } from "../values";
import type { Evaluated } from "./evaluation-cache";

/**
 * What a derivation file says that building it will fill. It begins with its outputs:
 * `Derive([("out","/nix/store/…","",""),…` (Nix, src/libstore/derivations.cc).
 * @throws Error when it is not in this machine's store, or leaves a path open until it is built
 */
export function readDerivation(drvPath: StorePath): Evaluated {
  if (!existsSync(drvPath)) throw new Error(`${drvPath} is not in this machine's store`);
  const text = readFileSync(drvPath, "utf8");
  const head = /^Derive\(\[(.*?)\],\[/s.exec(text)?.[1] ?? "";
  const outputs = [...head.matchAll(/\("([^"]+)","([^"]*)","[^"]*","[^"]*"\)/g)];
  if (outputs.length === 0) throw new Error(`${drvPath} is not a derivation that names its outputs`);
  return {
    name: storePathName(drvPath).replace(/\.drv$/, ""),
    drvPath,
    outputs: Object.fromEntries(
      outputs.map(([, name, path]) => [String(name), parseStorePath(String(path))]),
    ),
  };
}
