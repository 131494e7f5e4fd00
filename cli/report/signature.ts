import type { Difference, HostReport, Message, ResourceReport } from "./report";

/**
 * Equal of machines that a reviewer would judge alike: what a machine is called and which hash a path has do not count,
 * but whatever else is told of it does.
 */
export function signature({ isCache, standing, unreached, resources, names }: HostReport): string {
  const general = generalized(names);
  const because = unreached && general.text(unreached.replace(/ \(\d+ dials\)/, ""));
  return JSON.stringify([
    isCache,
    standing,
    because,
    resources.map((one) => resourceSignature(one, general)),
  ]);
}

/** Without what a machine is called. */
interface General {
  /** Where a name can stand: messages, paths, and what packages and units are called. */
  text(text: string): string;
  /** Where it is a name in store paths only: the words of a unit or a version may by chance be those of a name. */
  paths(text: string): string;
}

function generalized(names: readonly string[]): General {
  const own = names
    .flatMap((name) => [name, withoutPort(name)])
    .filter((name) => name !== "" && !isVersion(name));
  const any = own.sort((one, other) => other.length - one.length).map(escaped);
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${any.join("|")})(?![\\p{L}\\p{N}])`, "gu");
  const text = (one: string): string =>
    (any.length === 0 ? one : one.replace(pattern, "HOST")).replace(hashes, "/nix/store/");
  return { text, paths: (one) => one.replace(storePaths, text) };
}

function withoutPort(address: string): string {
  return address.replace(/^\[(.*)\]:\d+$|^([^:]+):\d+$/, "$1$2");
}

/** `1` and `24.05` say nothing in a path; an address is no version. */
function isVersion(name: string): boolean {
  return /^\d+(\.\d+){0,2}$/.test(name);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

function resourceSignature(resource: ResourceReport, general: General): unknown {
  const { type, subject, op, ended, stays, drift, change, messages } = resource;
  const said = ({ severity, text }: Message): string => `${severity} ${general.text(text)}`;
  return [
    type,
    general.text(subject),
    op,
    ended,
    stays,
    differenceSignature(drift, general),
    differenceSignature(change, general),
    messages.map(said),
  ];
}

function differenceSignature(difference: Difference | "gone" | undefined, general: General): unknown {
  if (difference === undefined || difference === "gone") return difference;
  const { path, packages, units, text, properties } = difference;
  return [
    path && [general.text(path.was ?? ""), general.text(path.is ?? "")],
    typeof packages === "object" ? packages.map((one) => renamed(one, general)) : packages,
    typeof units === "object" ? units.map((one) => renamed(one, general)) : units,
    text?.map((line) => line && { ...line, text: general.paths(line.text) }),
    properties.map(({ was, is, ...one }) => [one, general.paths(was ?? ""), general.paths(is ?? "")]),
  ];
}

function renamed<T extends { readonly name: string }>(one: T, general: General): T {
  return { ...one, name: general.text(one.name) };
}

const hashes = /\/nix\/store\/[0-9a-z]{32}-/g;
const storePaths = /\/nix\/store\/[0-9a-z]{32}-[^\s"']*/g;
