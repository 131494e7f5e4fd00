import { z } from "zod";
import { unitTypeOf, unitTypes } from "./unit-name";

export type UnitScalar = string | number | boolean;
/** An array is the same key several times, in its order. `""` first empties what a vendor's file set. */
export type UnitValue = UnitScalar | readonly UnitScalar[];
/** Each value arrives in the process as it is written here: quotes, `%`, `\` and line breaks are escaped. */
export type EnvironmentMap = Readonly<Record<string, UnitScalar>>;

/** Any key that systemd knows, beside the typed ones. */
export interface AnySection {
  readonly [key: string]: UnitValue | EnvironmentMap | undefined;
}

/** `[Unit]`, see systemd.unit(5). */
export interface UnitSection extends AnySection {
  readonly Description?: string;
  readonly Documentation?: UnitValue;
  readonly After?: UnitValue;
  readonly Before?: UnitValue;
  readonly Requires?: UnitValue;
  readonly Wants?: UnitValue;
  readonly BindsTo?: UnitValue;
  readonly PartOf?: UnitValue;
  readonly Conflicts?: UnitValue;
  readonly OnFailure?: UnitValue;
  readonly StartLimitIntervalSec?: string | number;
  readonly StartLimitBurst?: number;
}

/** `[Service]`, see systemd.service(5) and systemd.exec(5). */
export interface ServiceSection extends AnySection {
  readonly Type?: "simple" | "exec" | "forking" | "oneshot" | "dbus" | "notify" | "notify-reload" | "idle";
  readonly ExecStart?: UnitValue;
  readonly ExecStartPre?: UnitValue;
  readonly ExecStartPost?: UnitValue;
  readonly ExecReload?: UnitValue;
  readonly ExecStop?: UnitValue;
  readonly ExecStopPost?: UnitValue;
  readonly RemainAfterExit?: boolean;
  readonly Restart?:
    "no" | "on-success" | "on-failure" | "on-abnormal" | "on-watchdog" | "on-abort" | "always";
  readonly RestartSec?: string | number;
  readonly TimeoutStartSec?: string | number;
  readonly TimeoutStopSec?: string | number;
  readonly User?: string;
  readonly Group?: string;
  readonly DynamicUser?: boolean;
  readonly WorkingDirectory?: string;
  readonly StateDirectory?: UnitValue;
  readonly RuntimeDirectory?: UnitValue;
  /** A map, or text in systemd's own syntax. */
  readonly Environment?: UnitValue | EnvironmentMap;
  readonly EnvironmentFile?: UnitValue;
}

/** `[Socket]`, see systemd.socket(5). */
export interface SocketSection extends AnySection {
  readonly ListenStream?: UnitValue;
  readonly ListenDatagram?: UnitValue;
  readonly Accept?: boolean;
  readonly SocketMode?: string;
  readonly SocketUser?: string;
  readonly SocketGroup?: string;
}

/** `[Timer]`, see systemd.timer(5). */
export interface TimerSection extends AnySection {
  readonly OnCalendar?: UnitValue;
  readonly OnBootSec?: string | number;
  readonly OnUnitActiveSec?: string | number;
  readonly RandomizedDelaySec?: string | number;
  readonly Persistent?: boolean;
  readonly Unit?: string;
}

/** `[Path]`, see systemd.path(5). */
export interface PathSection extends AnySection {
  readonly PathExists?: UnitValue;
  readonly PathChanged?: UnitValue;
  readonly PathModified?: UnitValue;
  readonly DirectoryNotEmpty?: UnitValue;
  readonly Unit?: string;
}

/** `[Mount]`, see systemd.mount(5). The unit's name has to be the escaped `Where`. */
export interface MountSection extends AnySection {
  readonly What?: string;
  readonly Where?: string;
  readonly Type?: string;
  readonly Options?: string;
}

/** `[Install]`: what enabling the unit does. */
export interface InstallSection extends AnySection {
  readonly WantedBy?: UnitValue;
  readonly RequiredBy?: UnitValue;
  readonly Alias?: UnitValue;
  readonly Also?: UnitValue;
}

export interface UnitSections {
  readonly Unit?: UnitSection;
  readonly Service?: ServiceSection;
  readonly Socket?: SocketSection;
  readonly Timer?: TimerSection;
  readonly Path?: PathSection;
  readonly Mount?: MountSection;
  readonly Install?: InstallSection;
  /** `X-…` sections, which systemd ignores. */
  readonly [section: string]: AnySection | undefined;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const value = z.union([scalar, z.array(scalar), z.record(z.string(), scalar)]);

export const sectionsSchema = z
  .record(z.string(), z.record(z.string(), value))
  .superRefine((sections, issues) => {
    for (const [path, message] of sectionProblems(sections))
      issues.addIssue({ code: "custom", path, message });
  });

type SectionProblem = [path: string[], message: string];

function sectionProblems(sections: UnitSections): SectionProblem[] {
  return Object.entries(sections).flatMap(([section, keys]) => [
    ...nameProblem([section], section),
    ...Object.entries(keys ?? {}).flatMap(([key, value]) => [
      ...nameProblem([section, key], key),
      ...(value === undefined ? [] : valueProblems([section, key], key, value)),
    ]),
  ]);
}

function nameProblem(path: string[], name: string): SectionProblem[] {
  if (/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) return [];
  return [[path, `'${printable(name)}' is no name of a section or key: letters, digits and - only`]];
}

function valueProblems(path: string[], key: string, value: UnitValue | EnvironmentMap): SectionProblem[] {
  if (!isMap(value)) return textProblem(path, [value].flat().map(String));
  if (key !== "Environment") return [[path, "only Environment may be a map: use a text or an array here"]];
  return Object.entries(value).flatMap(([name, text]) =>
    environmentProblem([...path, name], name, String(text)),
  );
}

// The value is not named in the message: it may be a secret.
function textProblem(path: string[], lines: string[]): SectionProblem[] {
  if (lines.some((line) => hasControlCharacter(line, "\t"))) {
    return [[path, "a value is one line: use an array for a key that comes several times"]];
  }
  if (lines.some((line) => line.endsWith("\\"))) {
    return [[path, "a value may not end in \\, which would join the next line to it"]];
  }
  return [];
}

function environmentProblem(path: string[], name: string, text: string): SectionProblem[] {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return [[path, `'${printable(name)}' is no name of an environment variable`]];
  }
  if (hasControlCharacter(text, "\t\n\r")) return [[path, "a value may not hold control characters"]];
  return [];
}

function hasControlCharacter(text: string, allowed: string): boolean {
  return Array.from(text).some(
    (character) => (character < " " || character === "\x7f") && !allowed.includes(character),
  );
}

/** What the sections say about a unit of that name, beyond the form of each. */
export function kindProblems(name: string, sections: UnitSections): SectionProblem[] {
  const own = sectionOf(unitTypeOf(name));
  const others = unitTypes.map(sectionOf).filter((section) => section !== own);
  const known = ["Unit", own, "Install"];
  const wrong = Object.keys(sections).filter(
    (section) => !known.includes(section) && !section.startsWith("X-"),
  );
  const problems = wrong.map((section): SectionProblem => [
    [section],
    `systemd ignores [${section}] in ${name}${others.includes(section) ? "" : `; it knows ${known.join(", ")} there`}`,
  ]);
  if (own !== "Target" && sections[own] === undefined) {
    problems.push([[], `${name} needs a section ${own}`]);
  }
  return problems;
}

export function isMap(value: UnitValue | EnvironmentMap): value is EnvironmentMap {
  return typeof value === "object" && !Array.isArray(value);
}

function sectionOf(type: string): string {
  return type.slice(0, 1).toUpperCase() + type.slice(1);
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
