import type { CopyReport } from "./copy";
import { mebibytes } from "./progress";

/**
 * What is kept of a copy: `copied 14 of 80 paths, 61.2 MiB in 3.1 s (19.7 MiB/s), to web1; 3 fetched by itself`. Undefined
 * when all was there.
 * @param others how those paths came there that did not travel through this process
 */
export function copiedText(
  { paths, copied, fetched, bytes, seconds }: CopyReport,
  host: string,
  others = "fetched by itself",
): string | undefined {
  if (copied + fetched === 0) return undefined;
  const rate = copied === 0 ? "" : ` in ${seconds.toFixed(1)} s (${mebibytes(bytes / seconds)} MiB/s)`;
  const alone = fetched === 0 ? "" : `; ${fetched} ${others}`;
  return `copied ${copied} of ${paths} paths, ${mebibytes(bytes)} MiB${rate}, to ${host}${alone}`;
}
