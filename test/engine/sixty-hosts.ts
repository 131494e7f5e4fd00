import { markAsNixos } from "../examples/nixos-system";
import { bootFleet, type Fleet, type Host } from "../fleet";
import { fleetProject } from "./previews/fleet-project";
import { manyMachines } from "./previews/programs";
import { assertJson, assertText } from "./previews/shown";
import type { Project } from "./project";

/** `npm run test:previews`: each is a machine of its own, with its systemd and its sshd. */
const count = 60;

const roles = {
  web: { glibc: "2.38", nginx: "1.24.0", openssl: "3.0.11" },
  mail: { glibc: "2.38", openssl: "3.0.11", postfix: "3.8.1" },
  worker: { glibc: "2.38", openssl: "3.0.11", python3: "3.11.5" },
};

describe(`what the engine shows of ${count} real machines`, function () {
  this.timeout(1_200_000);
  let fleet: Fleet;
  let hosts: Record<string, Host>;
  let project: Project;

  before(async () => {
    fleet = await bootFleet({});
    hosts = await bootAll(fleet);
    project = await fleetProject(manyMachines, hosts);
    await project.configure({ roles });
  });
  after(async () => {
    await project.remove();
    await fleet.stop();
  });

  async function assertPreviews(name: string): Promise<void> {
    await assertText(project, hosts, name);
    await assertJson(project, hosts, name);
  }

  it("tells of a first deployment", () => assertPreviews("sixty-hosts-first-deploy"));

  it("deploys it", () => project.up());

  it("tells of a package that is updated", async () => {
    const updated = Object.entries(roles).map(([name, packages]) => [
      name,
      { ...packages, openssl: "3.0.13" },
    ]);
    await project.configure({ roles: Object.fromEntries(updated) as object });
    await assertPreviews("sixty-hosts-one-package");
  });
});

/** A few at a time: a boot takes all that two cores have. */
async function bootAll(fleet: Fleet): Promise<Record<string, Host>> {
  while (fleet.hosts.length < count) {
    for (const host of await fleet.add({ trixie: Math.min(4, count - fleet.hosts.length) }))
      await markAsNixos(host);
    process.stdout.write(`${fleet.hosts.length} of ${count} machines\n`);
  }
  return Object.fromEntries(fleet.hosts.map((host, index) => [`node${index + 1}`, host]));
}
