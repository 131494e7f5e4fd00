import { z } from "zod";
import { durationSchema, type Duration } from "../amounts";
import { connectionSchema, type Connection } from "../connection";
import { protectionProblems, protectionShape, type ProtectionInputs } from "../deployment/protection";
import type { Packages } from "../nix/package-name";
import { meantPathSchema } from "../observed";
import type { Problem } from "../resource";
import type { StorePath } from "../values";
import {
  nixosActions,
  profileKinds,
  rebootRules,
  type NixosAction,
  type ProfileKind,
  type RebootRule,
} from "./profile";
import type { UnitDigests } from "./unit-digests";

/** See `sdk/profile-activation.ts` for what each field means. */
export interface ProfileActivationInputs extends ProtectionInputs {
  connection: Connection;
  profile: string;
  user?: string | undefined;
  path: StorePath;
  kind: ProfileKind;
  action: NixosAction;
  keepGenerations: number;
  keepNewerThan?: Duration | undefined;
  onDestroy: "leave" | "rollback" | "remove";
  timeout: number;
  acceptFailedUnits?: boolean | undefined;
  reboot?: RebootRule | undefined;
  rebootTimeout?: number | undefined;
  dryActivate?: boolean | undefined;
  triggers?: unknown[] | undefined;
  /** Derived: what `path` holds, as far as it is known. */
  packages?: Packages | undefined;
  closureSize?: number | undefined;
  /** For NixOS only. */
  units?: UnitDigests | undefined;
}

export interface ProfileActivationState extends ProfileActivationInputs {
  /** The path that is really active; "" when there is none. */
  activePath: string;
  /** The number of the generation that the profile leads to; 0 when there is no profile. */
  generation: number;
  /** The path that was active before the last change; "" when there was none. */
  previousPath: string;
  /** The path that was active before any resource of ours came; "" when there was none. */
  originalPath: string;
  /** Whether the path was active before this resource came, and nothing was run. */
  adopted: boolean;
}

/** A profile: its link, or its name where Nix keeps profiles. */
export const profileSchema = z.string().refine(isProfile, {
  error: "must be a name (letters, digits, + . _ -, not beginning with a dot or dash) or an absolute path",
});

/** What a program may write. */
export const profileActivationSchema = z.strictObject({
  connection: connectionSchema,
  profile: profileSchema,
  user: z.string().min(1).optional(),
  path: meantPathSchema,
  kind: z.enum(profileKinds).default("custom"),
  action: z.enum(nixosActions).default("switch"),
  keepGenerations: z.number().int().min(0).default(0),
  keepNewerThan: durationSchema.optional(),
  onDestroy: z.enum(["leave", "rollback", "remove"]).default("leave"),
  timeout: z.number().positive().default(600),
  acceptFailedUnits: z.boolean().optional(),
  reboot: z.enum(rebootRules).optional(),
  rebootTimeout: z.number().positive().optional(),
  dryActivate: z.boolean().optional(),
  triggers: z.array(z.unknown()).optional(),
  ...protectionShape,
});

export function profileProblems(inputs: ProfileActivationInputs): Problem[] {
  return [...kindProblems(inputs), ...protectionProblems(inputs)];
}

function isProfile(text: string): boolean {
  return (
    /^(\/[^\s]+|[A-Za-z0-9_+][A-Za-z0-9_+.-]*)$/.test(text) && !text.endsWith("/") && !/-\d+-link$/.test(text)
  );
}

function* kindProblems(inputs: ProfileActivationInputs): Generator<Problem> {
  if (inputs.kind !== "nixos" && inputs.action !== "switch") {
    yield { property: "action", reason: `'${inputs.action}' is for kind "nixos" only` };
  }
  const boots = inputs.kind === "nixos" && (inputs.action === "switch" || inputs.action === "boot");
  if (!boots && inputs.reboot !== undefined && inputs.reboot !== "never") {
    yield { property: "reboot", reason: 'is for kind "nixos" with the actions "switch" and "boot" only' };
  }
  if (inputs.kind !== "nixos" && inputs.dryActivate === true) {
    yield { property: "dryActivate", reason: 'is for kind "nixos" only' };
  }
  if (inputs.kind === "nixos" && inputs.onDestroy === "remove") {
    yield { property: "onDestroy", reason: 'a running NixOS cannot be removed; use "leave" or "rollback"' };
  }
}
