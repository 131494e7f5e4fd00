import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, HostGarbageCollection, NixBuild, ProfileActivation, type Connection } from "pulumi-nix";

const config = new pulumi.Config();
const connection: Connection = {
  host: config.require("host"),
  hostKey: config.require("hostKey"),
  privateKey: config.requireSecret("privateKey"),
};

// With nixpkgs: flake: ".#nixosConfigurations.web.config.system.build.toplevel", and neither file nor args.
const system = new NixBuild("web", {
  file: "system.nix",
  args: {
    release: config.require("release"),
    services: {
      web: { command: "httpd -f -p 8083", page: config.require("page") },
      clock: { command: "sh -c 'while sleep 60; do date; done'" },
    },
  },
});

// A copy for which there is no room makes some first, of what nothing leads to, or fails before its first byte.
const copy = new ClosureCopy("web", { connection, path: system.outPath, collectGarbage: true });

// NixOS looks after its units itself, so there is no SystemdUnit: switching stops, starts and restarts them. When one
// of them fails, the machine goes back to the system that it had.
const activation = new ProfileActivation("web", {
  connection,
  profile: "system",
  path: copy.path,
  kind: "nixos",
  action: config.get<"switch" | "boot" | "test" | "dry-activate">("action") ?? "switch",
  // The generations of the boot menu.
  keepGenerations: 5,
});

// Behind each switch, when less than that is free: as much as is needed of what nothing leads to any more. The system that
// the machine goes back to when the next one fails stays, whatever the numbers say.
new HostGarbageCollection("web", {
  connection,
  keepGenerations: 5,
  keepNewerThan: "30d",
  freeSpace: "1G",
  triggers: [activation.path],
});

export const running = activation.activePath;
