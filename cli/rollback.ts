import { z } from "zod";
import { activate, type ActivationRequest } from "../provider/activation/activate";
import { observeProfile, type Profile } from "../provider/activation/profile";
import { ofProfiles, rollbackFor, type Rollback } from "../provider/activation/rollback";
import { coordinator } from "../provider/deployment/coordinator";
import { history } from "../provider/deployment/history";
import { protectionFor, protectionShape } from "../provider/deployment/protection";
import { optionsOf, type Command } from "./command";
import { hostDetails, hostOptions } from "./connection";
import { at, print, tell, type Place } from "./place";

const schema = z.object({ profile: z.string().min(1).optional(), to: z.string().min(1).optional() });

export const rollbackCommand: Command = {
  name: "rollback",
  summary: "Activates again what was active before a profile's last deployment that went well",
  takes: "HOST",
  details:
    `${hostDetails}\n` +
    "It is a deployment itself: confirmed over a new login, taken back when that fails, and another rollback undoes it.\n" +
    "A stack does not know of it until it is refreshed.",
  options: {
    ...hostOptions,
    profile: { value: "NAME", help: "a profile's name or link; needed when there are several" },
    to: { value: "ID|PATH", help: "the path that this deployment brought, or this path" },
  },

  async run(given) {
    const wish = optionsOf(schema, given);
    return at(given, async (place) => {
      const deployments = await history(place.host, place.stateFolder, place.user);
      const rollback = rollbackFor(ofProfiles(deployments, place.stateFolder), wish, place.host.name);
      tell(`activating ${rollback.path} (${rollback.kind}) for ${rollback.link}`);
      print([await carriedOut(rollback, place)]);
      return 0;
    });
  },
};

async function carriedOut(rollback: Rollback, place: Place): Promise<string> {
  const { host, context, user, stateFolder } = place;
  const { link, record, path } = rollback;
  const profile = { link, record, stateFolder, user };
  const { owner } = await observeProfile(host, profile);
  const { before, after } = await activate(host, requestFor(rollback, profile, owner, place), context);
  const generation = after.generation === undefined ? "" : `, generation ${after.generation}`;
  const was = before.target === path ? "as before" : `before: ${before.target ?? "nothing"}`;
  return `${link} on ${host.name} leads to ${after.target ?? "nothing"}${generation} (${was})`;
}

function requestFor(
  { path, kind, action, timeout, acceptFailedUnits }: Rollback,
  profile: Profile,
  owner: string | undefined,
  { connection }: Place,
): ActivationRequest {
  return {
    connection,
    profile,
    path,
    kind,
    action,
    timeout,
    acceptFailedUnits,
    // No generation goes by hand, and the resource that owns the profile still does.
    keep: 0,
    keepSeconds: 0,
    owner: owner ?? coordinator(),
    byHand: true,
    again: false,
    reboot: "never",
    rebootTimeout: 0,
    protection: protectionFor(z.object(protectionShape).parse({}), connection),
  };
}
