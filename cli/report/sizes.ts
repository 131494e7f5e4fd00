/** `61.2 MiB`. */
export function bytesShown(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(1, Math.abs(bytes))) / 10), units.length - 1);
  if (power === 0) return `${bytes} B`;
  return `${(bytes / 2 ** (10 * power)).toFixed(1)} ${units[power] ?? ""}`;
}

/** What `61.2 MiB` stands for. */
export function bytesIn(size: string): number {
  const [number = "0", unit = "B"] = size.split(" ");
  return Math.round(Number(number) * 2 ** (10 * Math.max(0, units.indexOf(unit))));
}

/** `+3.2 MiB`, `−512 B`. */
export function growthShown(was: number, is: number): string {
  if (was === is) return "±0";
  return `${is > was ? "+" : "−"}${bytesShown(Math.abs(is - was))}`;
}

const units = ["B", "KiB", "MiB", "GiB", "TiB"];
