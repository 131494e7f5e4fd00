import { appendFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { untilGreeting } from "./greeting";
import { openRelay, type Relay } from "./relay";
import type { RunFolder } from "./run-folder";
import { output, run, script, type Outcome, type RunOptions } from "./script";
import { passwords, type Connection, type User } from "./users";

export type Suite = "bookworm" | "trixie";

export interface HostDisks {
  /** Size of the root disk, as mount takes it (default 1G). Both disks are memory and take only what is written. */
  rootDisk?: string;
  /** Size of the disk of /nix (default 2G); "disk" for 4G that are not memory. */
  nixDisk?: string;
  /** Files and folders of this machine that the host sees, read-only, by where it sees them. */
  mounts?: Readonly<Record<string, string>>;
}

export type Disk = "nix" | "root";

/** No command's own exit code. */
const tooLate = 99;

/** A booted throw-away machine. */
export class Host {
  readonly port = 22;
  readonly address: string;
  /** The public host key, as in a known_hosts file without the name. */
  readonly hostKey: string;
  readonly privateKeyPath: string;
  readonly privateKey: string;
  private readonly undo = new Map<string, () => Promise<unknown>>();

  constructor(
    private readonly folder: RunFolder,
    readonly name: string,
    readonly number: number,
    readonly suite: Suite,
    private readonly disks: Required<HostDisks>,
  ) {
    this.address = folder.address(number);
    this.hostKey = readFileSync(this.path("etc/ssh/ssh_host_ed25519_key.pub"), "utf8")
      .split(" ", 2)
      .join(" ");
    this.privateKeyPath = folder.privateKeyPath;
    this.privateKey = readFileSync(this.privateKeyPath, "utf8");
    appendFileSync(folder.knownHostsPath, `${this.knownHostsLine}\n`);
  }

  get knownHostsLine(): string {
    return `${this.address} ${this.hostKey}`;
  }

  /** Where a file of the host lies on this machine. */
  path(file: string): string {
    return join(this.folder.path, this.name, "root", file);
  }

  /** What a resource takes as its `connection`. */
  connection({ user = "root" }: { user?: User } = {}): Connection {
    const login = user === "bob" ? { password: passwords.bob } : { privateKey: this.privateKey };
    return { host: this.address, port: this.port, user, ...login, hostKey: this.hostKey };
  }

  /** Runs a command on the host past network and sshd, so also while those are broken. Throws `CommandFailed`. */
  async sh(command: string, options: RunOptions & { user?: User } = {}): Promise<string> {
    return output(`on ${this.name}: ${command}`, await this.trySh(command, options));
  }

  /** As {@link sh}; a failure is an outcome. */
  trySh(command: string, { user = "root", input }: RunOptions & { user?: User } = {}): Promise<Outcome> {
    const enter = join(__dirname, "host-enter.sh");
    return run(["sh", enter, String(this.folder.number), this.name, user, command], { input });
  }

  /** Waits on the host itself until a command succeeds there, as {@link sh} runs it; goes on when the host was off. */
  async until(
    command: string,
    { user = "root", seconds = 90 }: { user?: User; seconds?: number } = {},
  ): Promise<void> {
    const tries = `tries=${seconds * 10}; until { ${command}\n} >/dev/null 2>&1`;
    const loop = `${tries}; do [ $((tries -= 1)) -gt 0 ] || exit ${tooLate}; sleep 0.1; done`;
    for (;;) {
      const { code } = await this.trySh(loop, { user });
      if (code === 0) return;
      if (code === tooLate) throw new Error(`on ${this.name}, after ${seconds} s still not so: ${command}`);
      await delay(200);
    }
  }

  /** Runs a command on the host through OpenSSH's client and the host's sshd. Throws `CommandFailed`. */
  async ssh(command: string, options: RunOptions & { user?: User; via?: Host } = {}): Promise<string> {
    return output(`ssh ${this.name} ${command}`, await this.trySsh(command, options));
  }

  /** As {@link ssh}; a failure is an outcome. */
  trySsh(
    command: string,
    { user = "root", via, input }: RunOptions & { user?: User; via?: Host } = {},
  ): Promise<Outcome> {
    const jump = via
      ? ["-o", `ProxyCommand=ssh ${via.sshOptions().join(" ")} -W %h:%p root@${via.address}`]
      : [];
    return run(["ssh", ...this.sshOptions(), ...jump, `${user}@${this.address}`, command], { input });
  }

  /** Another one with every boot. */
  bootId(): Promise<string> {
    return this.sh("cat /proc/sys/kernel/random/boot_id");
  }

  /** Waits until the host has restarted by itself since the boot of this id, and its sshd answers. */
  async restarted(since: string): Promise<void> {
    while ([since, ""].includes((await this.trySh("cat /proc/sys/kernel/random/boot_id")).stdout.trim()))
      await delay(100);
    await this.awaitBoot();
  }

  /** Lines that sshd wrote since the host was made, over all its boots. */
  async sshdLog(): Promise<string[]> {
    // journald takes its messages a moment after sshd has sent them.
    const log = await this.sh("journalctl --sync; journalctl -q -o cat -t sshd -t sshd-session");
    return log.split("\n");
  }

  /** How many logins sshd has accepted since the host was made. */
  async acceptedLogins(): Promise<number> {
    return (await this.sshdLog()).filter((line) => /^Accepted (publickey|password) /.test(line)).length;
  }

  /** Pulls the network cable. */
  async cutNetwork(): Promise<void> {
    await this.link("down");
    this.undo.set("network", () => this.link("up"));
  }

  restoreNetwork(): Promise<void> {
    return this.undoFault("network");
  }

  /** Ends every process of the host at once. What programs had written is still there (the disks are memory: also what they had not synced). */
  async powerLoss(): Promise<void> {
    await this.script("host-kill.sh");
    this.undo.set("power", () => this.start());
  }

  /** The next restart from within, as by `systemctl reboot`, leaves the host off. Comes before that restart. */
  offAtRestart(): void {
    rmSync(join(this.folder.path, this.name, "on"));
    this.undo.set("power", () => this.start());
  }

  /** Boots after a {@link powerLoss}, or a restart that left it off. */
  boot(): Promise<void> {
    return this.undoFault("power");
  }

  /** Leaves a disk with only so much free space. */
  async fillDisk(disk: Disk = "nix", freeKilobytes = 0): Promise<void> {
    await this.script("host-disk.sh", disk, "fill", freeKilobytes);
    const size = disk === "nix" ? this.disks.nixDisk : this.disks.rootDisk;
    this.undo.set(`disk ${disk}`, () => this.script("host-disk.sh", disk, "restore", size));
  }

  freeDisk(disk: Disk = "nix"): Promise<void> {
    return this.undoFault(`disk ${disk}`);
  }

  /** New connections are refused; open ones go on. */
  async stopSshd(): Promise<void> {
    await this.sh("systemctl stop ssh.socket ssh.service");
    this.undo.set("sshd", () => this.startSshdNow());
  }

  startSshd(): Promise<void> {
    return this.undoFault("sshd");
  }

  /** A way to the host's sshd on which every round trip takes `milliseconds` longer. */
  async delay(milliseconds: number): Promise<Relay> {
    const relay = await openRelay(this.address, this.port, milliseconds);
    const name = `relay ${relay.port}`;
    this.undo.set(name, relay.close);
    return { ...relay, close: () => this.undoFault(name) };
  }

  /** Undoes every fault that is still there, the last one first. */
  async undoFaults(): Promise<void> {
    for (const name of [...this.undo.keys()].reverse()) await this.undoFault(name);
  }

  /** @internal Boots and waits until sshd answers. */
  async start(): Promise<void> {
    const mounts = Object.entries(this.disks.mounts).map(([target, source]) => `${source}:${target}`);
    await this.script("host-boot.sh", ...mounts);
    await this.awaitBoot();
  }

  private async awaitBoot(): Promise<void> {
    await this.script("host-wait.sh", 60);
    await untilGreeting(this.address, this.port, 10_000);
  }

  private async undoFault(name: string): Promise<void> {
    const undo = this.undo.get(name);
    this.undo.delete(name);
    await undo?.();
  }

  private async startSshdNow(): Promise<void> {
    await this.sh("systemctl start ssh.service");
    await untilGreeting(this.address, this.port, 10_000);
  }

  private link(state: "up" | "down"): Promise<string> {
    return script("host-link.sh", [this.folder.number, this.number, state]);
  }

  private script(name: string, ...args: (string | number)[]): Promise<string> {
    return script(name, [this.folder.number, this.name, ...args]);
  }

  private sshOptions(): string[] {
    const options = ["BatchMode=yes", "ConnectTimeout=10", "IdentitiesOnly=yes"];
    const known = [`UserKnownHostsFile=${this.folder.knownHostsPath}`, "GlobalKnownHostsFile=/dev/null"];
    // Without the developer's own configuration.
    const start = ["-F", "none", "-i", this.privateKeyPath];
    return [...start, ...[...options, ...known].flatMap((option) => ["-o", option])];
  }
}
