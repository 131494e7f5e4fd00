import { createServer, type AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { capture } from "./command";
import { here, type Machine } from "./machine";
import type { Place } from "./place";
import { tell } from "./story";

/** This machine, in the profile of the user who runs the tour. */
export async function openOwnPlace(reason: string): Promise<Place> {
  tell(`There are no throw-away hosts to try this on: ${reason}.`);
  const hasSystemd = await doesOwnSystemdAnswer();
  tell(hasSystemd ? withUnit : withoutUnit);
  const port = String(await freePort());
  const machine = thisMachine(hasSystemd ? port : undefined);
  return {
    kind: "this machine",
    machines: [machine],
    config: {
      hosts: JSON.stringify({ [machine.name]: { local: true } }),
      ...(hasSystemd ? { scope: "user", port } : { scope: "none" }),
    },
    disturbance: hasSystemd ? stopUnit : rollBack(machine),
    end: () => Promise.resolve(),
  };
}

const withUnit = "Your own systemd (systemctl --user) serves the page.";
const withoutUnit =
  "No systemd of your own answers (systemctl --user), so the unit is left out, and you see the page's file.";

function thisMachine(port: string | undefined): Machine {
  const profiles = isRoot() ? "/nix/var/nix/profiles" : join(homedir(), ".local/state/nix/profiles");
  const url = ["curl", "-sS", "--noproxy", "*", "--max-time", "10", `http://127.0.0.1:${port}/`];
  const file = ["cat", join(profiles, "site/www/index.html")];
  return { name: "this-machine", reach: here, profiles, page: port === undefined ? file : url };
}

const stopUnit = {
  told: "Somebody stops the page",
  command: ["systemctl", "--user", "stop", "site.service"],
};

function rollBack({ profiles }: Machine): Place["disturbance"] {
  return {
    told: "Somebody switches the profile to the other generation",
    command: ["nix-env", "--profile", join(profiles, "site"), "--switch-generation", "2"],
  };
}

/** The quickstart's user unit leads into a profile in a home folder, where root's profiles do not lie. */
async function doesOwnSystemdAnswer(): Promise<boolean> {
  if (isRoot()) return false;
  return capture(["systemctl", "--user", "show-environment"]).then(
    () => true,
    () => false,
  );
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
