import { copyFileSync, cpSync, readFileSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { nix } from "../../examples/nixos-system";
import type { Host } from "../../fleet";
import { checkout } from "../../fleet/script";
import { Project } from "../project";
import { poison } from "./programs";

/** A project whose machines run systems and programs of stand-in packages. */
export async function fleetProject(program: string, hosts: Readonly<Record<string, Host>>): Promise<Project> {
  const settings = "name: test\nruntime: nodejs\noptions: { refresh: always }\n";
  const project = await Project.create({ program, files: { "Pulumi.yaml": settings } });
  layPackages(project);
  const connections = Object.entries(hosts).map(([name, { address, hostKey }]) => [
    name,
    // One that is down is known to be after a moment.
    { host: address, hostKey, dialErrorLimit: 2 },
  ]);
  await project.configure({ hosts: Object.fromEntries(connections) as object });
  const [{ privateKey }] = Object.values(hosts) as [Host];
  await project.configureSecret("privateKey", privateKey);
  await project.configureSecret("token", poison);
  return project;
}

/** Builds what fleet.nix makes of these arguments, here. */
export function builtOf(project: Project, args: object): Promise<string> {
  const argument = `builtins.fromJSON ''${JSON.stringify(args)}''`;
  return nix("nix-build", "--no-out-link", "--expr", `import ${project.folder}/fleet.nix (${argument})`);
}

function layPackages(project: Project): void {
  const nixos = join(checkout, "examples/nixos");
  const isProgram = (source: string): boolean => !/\.(ts|json|yaml|md)$/.test(source);
  cpSync(nixos, project.folder, { recursive: true, filter: isProgram });
  project.write({
    "fleet.nix": neverBuilt(readFileSync(join(__dirname, "fleet.nix"), "utf8")),
    "system.nix": neverBuilt(project.read("system.nix")),
  });
  layBusybox(join(project.folder, "busybox"));
}

/** What would be built is told without what is in this machine's store from other runs. */
function neverBuilt(expression: string): string {
  const system = "system = builtins.currentSystem;";
  return expression.replaceAll(system, `${system} salt = "${process.pid}-${Date.now()}";`);
}

/** Of one size, whichever Debian it comes from: sizes are shown. */
function layBusybox(file: string): void {
  const size = 3 << 20;
  copyFileSync("/bin/busybox", file);
  if (statSync(file).size > size) throw new Error(`/bin/busybox has more than ${size} bytes`);
  truncateSync(file, size);
}
