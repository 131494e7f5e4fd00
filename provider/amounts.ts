import { z } from "zod";

const sizeForm = /^(\d+(?:\.\d+)?)([KMGT])$/;
const durationForm = /^(\d+)([hdw])$/;

/** A size as a program writes it: bytes, or a number with K, M, G or T behind it, which are multiples of 1024 as for Nix. */
export const sizeSchema = z.union(
  [z.number().int().min(0), z.string().regex(sizeForm)],
  "must be a number of bytes, or a text like 500M or 5G",
);
export type Size = z.infer<typeof sizeSchema>;

/** A time as a program writes it: a number with h, d or w behind it, for hours, days and weeks. */
export const durationSchema = z.string().regex(durationForm, "must be a text like 12h, 30d or 4w");
export type Duration = z.infer<typeof durationSchema>;

export function bytesOf(size: Size): number {
  if (typeof size === "number") return size;
  const [, number, unit = ""] = sizeForm.exec(size) ?? [];
  return Math.ceil(Number(number) * 1024 ** ("KMGT".indexOf(unit) + 1));
}

export function secondsOf(duration: Duration): number {
  const [, number, unit] = durationForm.exec(duration) ?? [];
  const hours = { h: 1, d: 24, w: 7 * 24 }[unit ?? ""] ?? NaN;
  return Number(number) * hours * 3600;
}

/** For people. */
export function shownSize(bytes: number): string {
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
