import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "../../provider/host/host";
import type { Nar } from "../../provider/copy/nar-reader";
import { ServeSession } from "../../provider/nix/serve";
import type { ValidPath } from "../../provider/nix/valid-path";
import { parseStorePath } from "../../provider/values";
import { output, run } from "../fleet";

/** Adds files of these sizes to the store of this machine: every time the same ones. */
export async function storedFiles(host: Host, name: string, sizes: readonly number[]): Promise<ValidPath[]> {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-files-"));
  const files = sizes.map((size, index) => {
    const file = join(folder, `${name}-${index}`);
    writeFileSync(file, noise(`${name} ${index}`, size));
    return file;
  });
  const added = output("nix-store --add", await run(["nix-store", "--add", ...files]));
  rmSync(folder, { recursive: true });
  const session = await ServeSession.open(host, { as: undefined });
  try {
    const paths = added.split("\n").map(parseStorePath);
    const infos = new Map((await session.infos(paths)).map((info) => [info.path, info]));
    return paths.map((path) => infos.get(path) as ValidPath);
  } finally {
    await session.close();
  }
}

/** Bytes that look random, and are the same for the same seed. */
function noise(seed: string, size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, index) =>
    createHash("sha256").update(`${seed} ${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, size);
}

/** Reads NARs, which have to be what the store knows of them; `taken` is called with each piece. */
export async function readAll(
  nars: AsyncIterable<Nar>,
  taken: (bytes: number) => Promise<void> | void = () => undefined,
): Promise<string[]> {
  const paths: string[] = [];
  for await (const { info, chunks } of nars) {
    const hash = createHash("sha256");
    for await (const chunk of chunks) {
      hash.update(chunk);
      await taken(chunk.length);
    }
    assert.equal(hash.digest("hex"), info.narHash, info.path);
    paths.push(info.path);
  }
  return paths;
}
