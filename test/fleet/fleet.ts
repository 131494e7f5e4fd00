import { join } from "node:path";
import { cannotBootBecause } from "./can-boot";
import { Host, type HostDisks, type Suite } from "./host";
import { RunFolder } from "./run-folder";
import { checkout, output, run, script } from "./script";

/** How many hosts of each Debian suite: bookworm has Nix 2.8 and systemd 252, trixie Nix 2.26 and systemd 257. */
export type FleetSize = Partial<Record<Suite, number>>;

/** Boots throw-away machines; `stop()` takes them away, and so does the end of this process, whatever ends it. */
export async function bootFleet(size: FleetSize, disks: HostDisks = {}): Promise<Fleet> {
  const reason = await cannotBootBecause();
  if (reason !== undefined) throw new Error(`no test hosts: ${reason}`);
  const bases = await baseFolders(size);
  const fleet = new Fleet(await RunFolder.open());
  try {
    await fleet.add(size, disks, bases);
  } catch (error) {
    await fleet.stop();
    throw error;
  }
  return fleet;
}

export class Fleet {
  readonly hosts: Host[] = [];
  private made = 0;

  /** @internal */
  constructor(private readonly folder: RunFolder) {}

  /** The run's number: its hosts have addresses in 10.77.<number>.0/24. */
  get number(): number {
    return this.folder.number;
  }

  /** A known_hosts file with every host of the run. */
  get knownHostsPath(): string {
    return this.folder.knownHostsPath;
  }

  get bookworm(): Host[] {
    return this.of("bookworm");
  }

  get trixie(): Host[] {
    return this.of("trixie");
  }

  of(suite: Suite): Host[] {
    return this.hosts.filter((host) => host.suite === suite);
  }

  /** Boots more hosts into the same network. */
  async add(size: FleetSize, disks: HostDisks = {}, bases?: Map<Suite, string>): Promise<Host[]> {
    const folders = bases ?? (await baseFolders(size));
    const wanted = [...folders].flatMap(([suite, base]) =>
      Array<[Suite, string]>(size[suite] ?? 0).fill([suite, base]),
    );
    const booted = await Promise.all(wanted.map(([suite, base]) => this.bootHost(suite, base, disks)));
    this.hosts.push(...booted);
    return booted;
  }

  /** Ends every host and leaves nothing of them. */
  async stop(): Promise<void> {
    await this.folder.close();
  }

  private async bootHost(suite: Suite, base: string, disks: HostDisks): Promise<Host> {
    const number = ++this.made;
    const name = `${suite}${number}`;
    const chosen = { rootDisk: "1G", nixDisk: "2G", mounts: {}, ...disks };
    await script("host-up.sh", [this.number, name, number, base, chosen.rootDisk, chosen.nixDisk]);
    const host = new Host(this.folder, name, number, suite, chosen);
    await host.start();
    return host;
  }
}

/** The root file systems, built by now if they were not there. */
async function baseFolders(size: FleetSize): Promise<Map<Suite, string>> {
  const suites = (Object.keys(size) as Suite[]).filter((suite) => size[suite]);
  if (suites.length === 0) return new Map();
  const command = ["sh", join(checkout, "setup/fleet/bases.sh"), ...suites];
  const folders = output(command.join(" "), await run(command)).split("\n");
  return new Map(suites.map((suite, index) => [suite, folders[index] ?? ""]));
}
