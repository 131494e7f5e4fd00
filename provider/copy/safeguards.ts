import { requireRoom } from "../nix/room";
import { admissions } from "./admission";
import type { CopyRequest } from "./copy";
import type { Destination } from "./destination";

/** What is looked at before a copy that nobody asked for by a resource of its own: room there, and the login's trust. */
export function safeguards(destination: Destination): Pick<CopyRequest, "room" | "admit"> {
  return {
    room: requireRoom({ ...destination, spare: 0, collect: false, hint }),
    admit: admissions(destination, {}),
  };
}

const hint =
  "a HostGarbageCollection that removes old generations makes room there, and so does nix-collect-garbage or a larger disk";
