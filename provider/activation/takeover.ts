import type { Host } from "../host/host";
import { packageChanges } from "../nix/package-name";
import { isStorePath } from "../values";
import type { ProfileActivationInputs } from "./activation-inputs";
import { observeProfile, type Profile, type ProfileObservation } from "./profile";
import { contentsThere } from "./profile-contents";

/** What a preview says of a profile that no resource of the stack has led anywhere yet. */
export async function tellTakeover(
  host: Host,
  profile: Profile,
  inputs: ProfileActivationInputs,
): Promise<string> {
  const seen = await observeProfile(host, profile);
  const now = (inputs.kind === "nixos" ? seen.running : undefined) ?? seen.target;
  if (now === undefined) return `there is no profile ${profile.link} on ${host.name} yet`;
  if (wouldBeAdopted(inputs, seen))
    return `${now} is active on ${host.name} already: it would be taken over as it is, and nothing would be run${provided(inputs)}`;
  const verb = inputs.kind === "nixos" && seen.running !== undefined ? "runs" : `has ${profile.link} lead to`;
  const changes = await changesFrom(now, host, profile, inputs);
  return [`${host.name} ${verb} ${now} now`, ...changes].join("\n");
}

function wouldBeAdopted(
  { kind, action, path }: ProfileActivationInputs,
  { target, running, owner, original }: ProfileObservation,
): boolean {
  if (owner !== undefined || original !== undefined || action === "dry-activate") return false;
  const leads = target === path;
  return kind !== "nixos" || action === "boot" ? leads : running === path && (leads || action === "test");
}

/** What only the machine's own program looks at. */
function provided({ kind, action, reboot = "never" }: ProfileActivationInputs): string {
  if (kind !== "nixos" || action === "test") return "";
  return `, if it is what the machine boots${reboot === "never" ? "" : " and no restart is due"}`;
}

const mostLines = 30;

async function changesFrom(
  now: string,
  host: Host,
  { user }: Profile,
  { kind, packages }: ProfileActivationInputs,
): Promise<string[]> {
  if (packages === undefined) return ["which packages would change is known when the new one is built"];
  if (!isStorePath(now)) return [];
  const there = await contentsThere(host, user, now, kind);
  const lines = packageChanges(there.packages ?? {}, packages);
  if (lines.length === 0) return ["its packages are the same"];
  const more = lines.length > mostLines ? [`and ${lines.length - mostLines} more`] : [];
  return [...lines.slice(0, mostLines), ...more];
}
