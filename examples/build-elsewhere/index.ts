import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, type Connection } from "pulumi-nix";

interface Machine {
  host: string;
  hostKey: string;
}

const config = new pulumi.Config();
const privateKey = config.requireSecret("privateKey");
const reach = ({ host, hostKey }: Machine): Connection => ({ host, hostKey, privateKey });

// Evaluated here, with the program; what it is made of goes to the builder, and what it becomes stays there.
const tool = new NixBuild("tool", {
  file: "tool.nix",
  args: { version: config.require("version") },
  buildOn: reach(config.requireObject<Machine>("builder")),
});

for (const [name, machine] of Object.entries(config.requireObject<Record<string, Machine>>("hosts"))) {
  const connection = reach(machine);

  // From the builder, without being told; with `direct` it sends by itself where it reaches the machine.
  const copy = new ClosureCopy(name, { connection, path: tool.outPath, direct: true });

  new ProfileActivation(name, {
    connection,
    profile: "tool",
    path: copy.path,
    kind: "noop",
    onDestroy: "remove",
  });
}

export const builtOn = tool.builtOn;
