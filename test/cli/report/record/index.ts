import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markAsNixos } from "../../../examples/nixos-system";
import { bootFleet, environment, run, type Fleet, type Host } from "../../../fleet";
import { checkout, output } from "../../../fleet/script";
import { Project } from "../../../engine/project";
import { recordedFolder } from "../recorded";
import { fleetProgram, poison } from "./program";
import { Stable } from "./stable";
import { recordings, wanted, type Recording, type Stage } from "./story";

/**
 * Records what the real engine prints, with real machines, for the tests of the report: `npm run report:record`.
 * Which of them comes out differently is shown by git.
 */
async function main(): Promise<void> {
  const fleet = await bootFleet({ trixie: 2, bookworm: 1 });
  try {
    await recordOn(fleet);
  } finally {
    await fleet.stop();
  }
}

async function recordOn({ trixie, bookworm }: Fleet): Promise<void> {
  const [web1, web2, db1] = [...trixie, ...bookworm] as [Host, Host, Host];
  for (const host of [web1, web2]) await markAsNixos(host);
  const project = await Project.create({ example: "nixos" });
  try {
    await prepare(project, { web1, web2, db1 });
    const stage = { project, web1, web2, db1, system: (packages: object) => system(project, packages) };
    const stable = new Stable(project.folder, { web1, web2, db1 });
    for (const recording of recordings.slice(0, wantedCount())) await record(recording, stage, stable);
  } finally {
    await project.remove();
  }
}

/** With the name of a recording, those up to it; each stands on what came before. */
function wantedCount(): number {
  const [, , last] = process.argv;
  return last === undefined ? recordings.length : recordings.findIndex(({ name }) => name === last) + 1;
}

async function prepare(project: Project, hosts: Record<string, Host>): Promise<void> {
  project.program(fleetProgram);
  const here = join(checkout, "test/cli/report/record");
  project.write({ "fleet.nix": readFileSync(join(here, "fleet.nix"), "utf8") });
  const connections = Object.entries(hosts).map(([name, { address, hostKey }]) => [
    name,
    { host: address, hostKey },
  ]);
  await project.configure({ hosts: Object.fromEntries(connections) as object });
  await project.configureSecret("privateKey", (hosts["web1"] as Host).privateKey);
  await project.configureSecret("token", poison);
}

async function record(recording: Recording, stage: Stage, stable: Stable): Promise<void> {
  const { name, update = false, config = {} } = recording;
  const { project } = stage;
  await project.configure(wanted);
  await recording.before?.(stage);
  await project.configure({ ...wanted, ...config });
  const command = update ? ["up", "--yes", "--skip-preview"] : ["preview"];
  const { stdout, code } = await project.pulumi(...command, "--json", "--show-sames");
  writeFileSync(join(recordedFolder, `${name}.json`), stable.text(stdout));
  process.stdout.write(`${name}: exit code ${code}\n`);
  await project.configure(wanted);
  await recording.after?.(stage);
}

async function system(project: Project, packages: object): Promise<string> {
  const { PATH = "", NIX_CONFIG = "" } = environment();
  const argument = `builtins.fromJSON ''${JSON.stringify({ host: "web1", packages })}''`;
  const nix = ["nix-build", "--no-out-link", "--expr", `import ${project.folder}/fleet.nix (${argument})`];
  return output("nix-build", await run(["env", `PATH=${PATH}`, `NIX_CONFIG=${NIX_CONFIG}`, ...nix]));
}

void main();
