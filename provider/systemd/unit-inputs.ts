import { z } from "zod";
import { connectionSchema, isLocal, type Connection } from "../connection";
import { protectionProblems, protectionShape, type ProtectionInputs } from "../deployment/protection";
import type { Problem } from "../resource";
import { renderUnit } from "./render";
import { kindProblems, sectionsSchema, type UnitSections } from "./sections";
import type { UnitState } from "./seen-state";
import { isSource } from "./source";
import { unitScopes, type UnitScope } from "./unit-address";
import { unitNameProblem } from "./unit-name";
import { hasInstallSection } from "./unit-text";

/** See `sdk/systemd-unit.ts` for what each field means. */
export interface SystemdUnitInputs extends ProtectionInputs {
  readonly connection: Connection;
  readonly name: string;
  readonly source?: string | undefined;
  readonly sections?: UnitSections | undefined;
  /** Derived: the unit file for `sections`, or the one in `source` as soon as that is known. */
  readonly text?: string | undefined;
  readonly scope: UnitScope;
  /** Derived for a remote user's unit: the login user. */
  readonly user?: string | undefined;
  /** Derived: true unless the sections have nothing to enable. */
  readonly enabled?: boolean | undefined;
  /** `failed` is only ever read. */
  readonly state: UnitState;
  readonly restartTriggers: readonly unknown[];
  readonly timeout: number;
  readonly settle: number;
}

/** The inputs as they are on the host, and systemd's own words for the unit's state. */
export interface SystemdUnitState extends SystemdUnitInputs {
  readonly activeState: string;
  readonly subState: string;
  readonly unitFileState: string;
  readonly fragmentPath: string;
  /** That it was there as asked before us, and nothing of ours has changed it since. */
  readonly adopted?: boolean | undefined;
}

const unitName = z.string().superRefine((name, issues) => {
  const message = unitNameProblem(name);
  if (message !== undefined) issues.addIssue({ code: "custom", message });
});

/** What a program may write. */
export const systemdUnitSchema = z.strictObject({
  connection: connectionSchema,
  name: unitName,
  source: z
    .string()
    .refine(isSource, { error: "must be a store path or lie in one: /nix/store/<32 characters>-<name>/…" })
    .optional(),
  sections: sectionsSchema.optional(),
  scope: z.enum(unitScopes).default("system"),
  user: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]*\$?$/, { error: "must be the name of a user" })
    .optional(),
  enabled: z.boolean().optional(),
  state: z.enum(["started", "stopped"]).default("started"),
  restartTriggers: z.array(z.unknown()).default([]),
  timeout: z.number().positive().default(60),
  settle: z.number().min(0).default(1),
  ...protectionShape,
});

export function unitProblems(inputs: SystemdUnitInputs): Problem[] {
  const { name, source, sections, scope, user } = inputs;
  const problems: Problem[] = [...protectionProblems(inputs)];
  if (source !== undefined && sections !== undefined) {
    problems.push({ property: "sections", reason: "give `source` or `sections`, not both" });
  }
  if (source === undefined && sections === undefined) {
    problems.push({
      property: "source",
      reason: "give `source` (a store path) or `sections` (the unit itself)",
    });
  }
  if (scope === "system" && user !== undefined) {
    problems.push({ property: "user", reason: 'whose units only makes sense with scope: "user"' });
  }
  return sections === undefined || unitNameProblem(name) !== undefined
    ? problems
    : [...problems, ...sectionProblems(name, sections, inputs.enabled)];
}

function sectionProblems(name: string, sections: UnitSections, enabled: boolean | undefined): Problem[] {
  const problems = kindProblems(name, sections).map(([path, reason]) => ({
    property: ["sections", ...path].join("."),
    reason,
  }));
  if (enabled === true && sections.Install === undefined) {
    const reason =
      'without an Install section there is nothing to enable: add one, such as { WantedBy: "multi-user.target" }, ' +
      "or leave `enabled` out";
    problems.push({ property: "enabled", reason });
  }
  return problems;
}

/** What follows from the inputs, for inputs without a problem. */
export function derivedInputs(inputs: SystemdUnitInputs): Partial<SystemdUnitInputs> {
  const { connection, sections, scope } = inputs;
  const text = sections && renderUnit(sections);
  const user = inputs.user ?? (scope === "user" && !isLocal(connection) ? connection.user : undefined);
  return {
    ...(text !== undefined && { text }),
    ...(user !== undefined && { user }),
    enabled: inputs.enabled ?? (text === undefined || hasInstallSection(text)),
  };
}
