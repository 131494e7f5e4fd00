import { compareVersions } from "./versions";

/** How one package differs between two closures. */
export interface PackageChange {
  readonly name: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
  readonly kind: "updated" | "downgraded" | "changed" | "added" | "removed";
  /** Whether a reviewer wants to see it before all others. */
  readonly matters: boolean;
}

export type Versions = Readonly<Record<string, string>>;

/** The differences, the most important ones first: what every program stands on, then services, then by name. */
export function packageChanges(was: Versions, is: Versions, services: ReadonlySet<string>): PackageChange[] {
  const names = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...names]
    .filter((name) => own(was, name) !== own(is, name))
    .map((name) => changeOf(name, own(was, name), own(is, name), rank(name, services)))
    .sort((one, other) => one.rank - other.rank || (one.name < other.name ? -1 : 1))
    .map(({ rank: place, ...change }) => ({ ...change, matters: place < others }));
}

type Ranked = Omit<PackageChange, "matters"> & { rank: number };

/** One that gets older is a reason to look, whatever it is. */
function changeOf(name: string, was: string | undefined, is: string | undefined, rank: number): Ranked {
  const kind = kindOf(was, is);
  return { name, was, is, kind, rank: kind === "downgraded" ? Math.min(rank, others - 1) : rank };
}

/** Of several versions of one name none is the newer. */
function kindOf(was: string | undefined, is: string | undefined): PackageChange["kind"] {
  if (was === undefined) return "added";
  if (is === undefined) return "removed";
  if (was.includes(",") || is.includes(",")) return "changed";
  return compareVersions(was, is) > 0 ? "downgraded" : "updated";
}

function rank(name: string, services: ReadonlySet<string>): number {
  const place = foundations.findIndex((pattern) => pattern.test(name));
  if (place >= 0) return place;
  return services.has(name) ? foundations.length : others;
}

/** What a machine stands or falls with, in this order: its kernel, what guards it, what runs everything. */
const foundations = [
  /^linux(-(hardened|zen|lqx|xanmod|libre|rt|rpi|asahi|lts|latest|testing))?$/,
  /^openssl$/,
  /^openssh$/,
  /^systemd$/,
  /^glibc$/,
  /^musl$/,
  /^(gnutls|libressl|nss|nss-cacert)$/,
  /^(sudo|doas|polkit|linux-pam|shadow)$/,
  /^(grub|systemd-boot|initrd|initrd-linux|linux-firmware)$/,
  /^(dbus|iptables|nftables|nix)$/,
];

const others = foundations.length + 2;

/** A hostile name may be one that every object has. */
export function own(versions: Versions, name: string): string | undefined {
  return Object.hasOwn(versions, name) ? versions[name] : undefined;
}
