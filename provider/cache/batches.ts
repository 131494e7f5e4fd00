import type { ValidPath } from "../nix/valid-path";

/** A batch lies on the disk as a whole, and its paths are arguments of one process. */
const most = { bytes: 256 * 2 ** 20, paths: 1000 };

/** The paths in their order, in parts that are not too big; one big path is a part of its own. */
export function batchesOf(paths: readonly ValidPath[], limit = most): ValidPath[][] {
  const batches: ValidPath[][] = [];
  let bytes = Infinity;
  for (const info of paths) {
    const last = batches.at(-1);
    if (last === undefined || last.length >= limit.paths || bytes + info.narSize > limit.bytes) {
      batches.push([info]);
      bytes = info.narSize;
    } else {
      last.push(info);
      bytes += info.narSize;
    }
  }
  return batches;
}

/** The paths in waves, each of which needs only what is in earlier ones: a wave may be sent in any order. */
export function wavesOf(paths: readonly ValidPath[]): ValidPath[][] {
  const waves: ValidPath[][] = [];
  const waveOf = new Map<string, number>();
  for (const info of paths) {
    const needed = info.references.filter((one) => one !== info.path).map((one) => waveOf.get(one) ?? -1);
    const wave = 1 + needed.reduce((one, other) => Math.max(one, other), -1);
    waveOf.set(info.path, wave);
    (waves[wave] ??= []).push(info);
  }
  return waves;
}
