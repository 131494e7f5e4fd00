import { readdirSync, readFileSync } from "node:fs";
import { run, type Host } from "../fleet";

/** Where a secret was found: the kind of place, and the place. */
export interface Finding {
  readonly kind: "process" | "project" | "store" | "host file" | "host journal";
  readonly place: string;
}

/** Watches every process of this machine and of the hosts on it, whose processes it sees as well. */
export class ProcessWatch {
  private readonly found = new Map<string, Finding>();
  private readonly timer: NodeJS.Timeout;
  looks = 0;

  constructor(private readonly needles: readonly string[]) {
    this.timer = setInterval(() => this.look(), 40);
  }

  end(): Finding[] {
    clearInterval(this.timer);
    return [...this.found.values()];
  }

  private look(): void {
    this.looks++;
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      for (const file of ["cmdline", "environ"]) {
        const text = contents(`/proc/${pid}/${file}`);
        if (!this.needles.some((needle) => text.includes(needle))) continue;
        const command = contents(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 200);
        this.found.set(`${pid} ${file}`, { kind: "process", place: `${file} of ${command}` });
      }
    }
  }
}

function contents(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // It has ended.
  }
}

/** Files in a project's folder: state, its history and backups, configuration, caches. */
export async function inProject(folder: string, needles: readonly string[]): Promise<Finding[]> {
  const { stdout } = await run(["grep", "-rlFa", "-f", "-", "--exclude-dir=node_modules", folder], {
    input: needles.join("\n"),
  });
  return lines(stdout).map((place) => ({ kind: "project", place }));
}

/** What was made in this machine's store and its database since the file was; the needles' file lies elsewhere. */
export async function inStore(since: string, needlesFile: string): Promise<Finding[]> {
  const grep = ["-exec", "grep", "-lFaf", needlesFile, "{}", "+"];
  const { stdout } = await run(["find", "/nix", "-xdev", "-type", "f", "-cnewer", since, ...grep]);
  return lines(stdout).map((place) => ({ kind: "store", place }));
}

/** Files that were made on a host since the file there was, and its journal. */
export async function onHost(host: Host, since: string, needles: readonly string[]): Promise<Finding[]> {
  const list = "/run/needles";
  const files = `find / /nix /run /tmp /dev/shm -xdev -type f -cnewer ${since} ! -path ${list} ! -path '/proc/*' -exec grep -lFaf ${list} {} +`;
  const journal = `journalctl --sync; journalctl -q -o export --all | grep -aFf ${list}`;
  const found = await host.trySh(`cat >${list}; ${files}; echo --; ${journal}; rm ${list}`, {
    input: needles.join("\n"),
  });
  const [inFiles = "", inJournal = ""] = found.stdout.split("--\n");
  return [
    ...lines(inFiles).map((place): Finding => ({ kind: "host file", place })),
    ...lines(inJournal).map((place): Finding => ({ kind: "host journal", place })),
  ];
}

function lines(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}
