import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootFleet, type Host } from "../../../fleet";
import { checkout } from "../../../fleet/script";
import { markAsNixos } from "../../../examples/nixos-system";
import { Project } from "../../../engine/project";
import { fleetProgram } from "./program";
import { readFileSync } from "node:fs";

// exploration
async function main() {
  const raw = process.env["RAW"] as string;
  mkdirSync(raw, { recursive: true });
  const fleet = await bootFleet({ trixie: 2, bookworm: 1 });
  const [web1, web2] = fleet.trixie as [Host, Host];
  const db1 = fleet.bookworm[0] as Host;
  const project = await Project.create({ example: "nixos" });
  const keep = async (name: string, ...args: string[]) => {
    const { code, stdout, stderr } = await project.pulumi(...args);
    writeFileSync(join(raw, `${name}.json`), stdout);
    writeFileSync(join(raw, `${name}.err`), `${code}\n${stderr}`);
    console.log(name, code);
  };
  try {
    for (const host of [web1, web2]) await markAsNixos(host);
    project.program(fleetProgram);
    project.write({ "fleet.nix": readFileSync(join(checkout, "test/cli/report/record/fleet.nix"), "utf8") });
    await project.configure({
      hosts: Object.fromEntries(Object.entries({ web1, web2, db1 }).map(([n, h]) => [n, { host: h.address, hostKey: h.hostKey }])),
      packages: { openssl: "3.0.11", glibc: "2.38", zlib: "1.3" },
      kernel: "6.1.69", postgresql: "15.4", description: "The database", restartSec: "1",
    });
    await project.configureSecret("privateKey", web1.privateKey);
    await project.configureSecret("token", "poison-in-a-header");
    await keep("first", "preview", "--json", "--show-sames");
    await keep("up-first", "up", "--yes", "--json", "--show-sames");
    await keep("nothing", "preview", "--json");
    await keep("nothing-sames", "preview", "--json", "--show-sames");
    await project.configure({ packages: { openssl: "3.0.13", glibc: "2.38", zlib: "1.3", brotli: "1.1.0" }, kernel: "6.6.1", restartSec: "5" });
    await keep("change", "preview", "--json", "--show-sames");
    await db1.sh("sed -i s/RestartSec=1/RestartSec=9/ /etc/systemd/system/postgresql.service; systemctl stop postgresql");
    await web1.sh("rm /nix/var/nix/profiles/system");
    await keep("drift", "preview", "--json", "--show-sames");
    await web2.stopSshd();
    await keep("down", "preview", "--json", "--show-sames");
    await web2.undoFaults();
    await keep("up-change", "up", "--yes", "--json", "--skip-preview");
    await keep("refresh-only", "refresh", "--preview-only", "--json");
  } finally {
    await project.remove();
    await fleet.stop();
  }
}
void main();
