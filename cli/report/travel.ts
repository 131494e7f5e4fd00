import type { Report, Travel } from "./report";
import type { Told } from "./resources";
import { bytesIn, bytesShown } from "./sizes";

/**
 * What a copy or a push says that it would bring, or has brought (provider/nix/travel.ts, provider/copy/copied.ts,
 * provider/cache/would-push.ts, provider/resources/binary-cache.ts).
 */
export function travelOf(text: string): Travel | undefined {
  if (/^would (copy|push) nothing: /.test(text)) return { paths: 0, bytes: 0, isMost: false };
  const [, paths, size] = told.exec(text) ?? [];
  return paths === undefined
    ? undefined
    : { paths: Number(paths), bytes: bytesIn(size ?? ""), isMost: false };
}

const told = /^(?:would copy|copied|would push|pushed) (\d+) of \d+ paths, ([\d.]+ [KMGT]?i?B)\b/;

/** All that goes to one place; undefined when nothing is told of it. */
export function allTravel(texts: readonly string[]): Travel | undefined {
  const all = texts.flatMap((text) => travelOf(text) ?? []);
  if (all.length === 0) return undefined;
  // Each of a preview is measured by itself, and what the first brings the next finds there.
  const foreseen = texts.filter((text) => text.startsWith("would ") && (travelOf(text)?.paths ?? 0) > 0);
  return { ...sumOf(all), isMost: foreseen.length > 1 };
}

function sumOf(all: readonly Travel[]): Travel {
  const sum = (of: "paths" | "bytes"): number => all.reduce((total, one) => total + one[of], 0);
  return { paths: sum("paths"), bytes: sum("bytes"), isMost: all.some(({ isMost }) => isMost) };
}

/** Whether a message says no more than what is shown as sizes: of what came another way there is more to say. */
export function isOnlyTravel(text: string): boolean {
  return travelOf(text) !== undefined && !/; \d+ /.test(text);
}

/** Of what is left, and of a build elsewhere, what travels is no news. */
export function withoutTravel(told: Told): Told {
  return { ...told, messages: told.messages.filter(({ text }) => travelOf(text) === undefined) };
}

export function travelShown({ bytes, isMost }: Travel): string {
  return isMost ? `at most ${bytesShown(bytes)}` : bytesShown(bytes);
}

/** Of a whole run: `4.0 MiB to copy`, `copied 4.0 MiB`; empty when nothing travels. */
export function totalShown({ kind, groups }: Pick<Report, "kind" | "groups">): string {
  const total = sumOf(groups.flatMap(({ hosts }) => hosts.flatMap(({ travel }) => travel ?? [])));
  if (total.bytes === 0) return "";
  const shown = travelShown(total);
  return kind === "preview" ? `${shown} to copy` : `copied ${shown}`;
}
