import type { Travel } from "./report";
import { bytesIn } from "./sizes";

/**
 * What a copy or a push says that it would bring, or has brought (provider/nix/travel.ts, provider/copy/copied.ts,
 * provider/cache/would-push.ts, provider/resources/binary-cache.ts).
 */
export function travelOf(text: string): Travel | undefined {
  if (/^would (copy|push) nothing: /.test(text)) return { paths: 0, bytes: 0 };
  const [, paths, size] = told.exec(text) ?? [];
  return paths === undefined ? undefined : { paths: Number(paths), bytes: bytesIn(size ?? "") };
}

const told = /^(?:would copy|copied|would push|pushed) (\d+) of \d+ paths, ([\d.]+ [KMGT]?i?B)\b/;

/** All that goes to one place; undefined when nothing is told of it. */
export function allTravel(texts: readonly string[]): Travel | undefined {
  const all = texts.flatMap((text) => travelOf(text) ?? []);
  if (all.length === 0) return undefined;
  const sum = (of: keyof Travel): number => all.reduce((total, one) => total + one[of], 0);
  return { paths: sum("paths"), bytes: sum("bytes") };
}
