import type { Host } from "../host/host";
import { parseReply, type Reply } from "./reply";
import { storePathsIn, type StorePath } from "../values";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";
import { unitProperties, type UnitProperties } from "./unit-properties";
import { canBeEnabled, hasInstallSection, ownerOf, withoutOwner } from "./unit-text";

const program = unitProgram("observe-unit.sh");

/** What a look at a host has to find out beside the unit. */
export interface Question {
  /** Names our folder of roots: the resource's id. */
  readonly id: string;
  readonly source?: { readonly path: string; readonly entries: readonly string[] } | undefined;
  /** Store paths whose validity there is asked. */
  readonly paths?: readonly string[];
}

/** What is at the place of the unit's file. */
export type Definition =
  | { readonly kind: "none" }
  | {
      readonly kind: "file";
      readonly text: string;
      readonly owner: string | undefined;
      /** A free name beside it, to keep it under. */
      readonly aside: string;
    }
  | { readonly kind: "link"; readonly target: string; readonly dangles: boolean; readonly text: string };

export interface SeenUnit {
  readonly definition: Definition;
  readonly properties: UnitProperties;
  /** Whether links of an enabling are there. */
  readonly enabled: boolean;
  readonly canBeEnabled: boolean;
  readonly hasInstallSection: boolean;
  /** Where the unit's file lies, or would. */
  readonly file: string;
  readonly writable: boolean;
  /** Seconds since what is in its place was last changed; NaN when nothing is there or the host cannot tell. */
  readonly changedFor: number;
  /** Our folder for everything of whose unit it is. */
  readonly stateFolder: string;
  /** Our folder for this unit: records of its deployments. */
  readonly records: string;
  /** Our folder of roots for this resource, and the store paths it protects now. */
  readonly roots: string;
  readonly rooted: readonly StorePath[];
  /** Whether the user's units run without a session; true for the system's. */
  readonly lingers: boolean;
  /** Whether there is a systemd to talk to: a user without a session has none. */
  readonly running: boolean;
  /** Those of the question's paths that are valid there, and those that are not; neither where Nix cannot tell. */
  readonly valid: readonly StorePath[];
  readonly missing: readonly StorePath[];
  /** Why Nix could not tell. */
  readonly nixSaid: string | undefined;
  readonly sourceExists: boolean;
  /** The unit's file in the source. */
  readonly unitInSource: string | undefined;
}

/** One look at a unit, in one round trip. */
export async function observeUnit(host: Host, unit: UnitAddress, question: Question): Promise<SeenUnit> {
  const source = question.source ? [question.source.path, ...question.source.entries] : [];
  const paths = question.paths?.length ? ["--", ...question.paths] : [];
  const args = [question.id, ...source, ...paths];
  const { stdout } = await runUnitProgram(host, program, unit, args, { doing: `looking at ${unit.name}` });
  return seenUnit(unit, parseReply(stdout));
}

function seenUnit(unit: UnitAddress, reply: Reply): SeenUnit {
  const yes = (key: string) => reply.one(key) === "yes";
  return {
    ...stateIn(reply),
    stateFolder: reply.one("ours") ?? "",
    records: reply.one("records") ?? "",
    file: reply.one("file") ?? "",
    writable: yes("writable"),
    changedFor: Number(reply.one("clock")) - Number(reply.one("changed")),
    roots: reply.one("roots") ?? "",
    rooted: reply.all("rooted").flatMap(storePathsIn),
    lingers: unit.scope === "system" || yes("lingers"),
    running: yes("running"),
    valid: reply.all("valid").flatMap(storePathsIn),
    missing: reply.all("missing").flatMap(storePathsIn),
    nixSaid: reply.one("nix"),
    sourceExists: yes("sourceExists"),
    unitInSource: reply.one("unitInSource"),
  };
}

/** The same look, with what a deployment has written down about the unit since. */
export function seenAgain(seen: SeenUnit, is: ReadonlyMap<string, string>): SeenUnit {
  const text = Buffer.from(is.get("text") ?? "", "base64").toString();
  return { ...seen, ...stateIn({ one: (key) => is.get(key), all: () => [], text }) };
}

type StateOfUnit = Pick<
  SeenUnit,
  "definition" | "properties" | "enabled" | "canBeEnabled" | "hasInstallSection"
>;

function stateIn(reply: Reply): StateOfUnit {
  return {
    definition: definitionIn(reply),
    properties: unitProperties(reply),
    enabled: reply.one("enabled") === "yes",
    canBeEnabled: canBeEnabled(reply.text),
    hasInstallSection: hasInstallSection(reply.text),
  };
}

function definitionIn(reply: Reply): Definition {
  switch (reply.one("kind")) {
    case "file":
      return {
        kind: "file",
        text: withoutOwner(reply.text),
        owner: ownerOf(reply.text),
        aside: reply.one("aside") ?? "",
      };
    case "link":
      return {
        kind: "link",
        target: reply.one("target") ?? "",
        dangles: reply.one("dangles") === "yes",
        text: reply.text,
      };
    default:
      return { kind: "none" };
  }
}
