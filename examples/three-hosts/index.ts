import * as pulumi from "@pulumi/pulumi";
import { ClosureCopy, NixBuild, ProfileActivation, SystemdUnit, type Connection } from "pulumi-nix";

interface Machine {
  name: string;
  host: string;
  hostKey: string;
  role: "web" | "status";
}

const config = new pulumi.Config();
const machines = config.requireObject<Machine[]>("hosts");
const privateKey = config.requireSecret("privateKey");

for (const { name, host, hostKey, role } of machines) {
  // Logs in as `deploy`, which may use sudo without a password, and works as root.
  const connection: Connection = { host, hostKey, user: "deploy", privateKey, elevate: "sudo" };

  // All builds are evaluated together, and machines of one role get one and the same store path.
  const node = new NixBuild(name, { file: "node.nix", args: { role } });

  const copy = new ClosureCopy(name, { connection, path: node.outPath });

  const profile = new ProfileActivation(name, {
    connection,
    profile: "three-hosts",
    path: copy.path,
    kind: "noop",
    onDestroy: "remove",
  });

  // The unit comes with the path: systemd reads it in the store.
  new SystemdUnit(name, { connection, name: "three-hosts.service", source: profile.path });
}
