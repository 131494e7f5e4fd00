import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../fleet";
import { until } from "./until";

/** Where root's deployments are recorded on a host: a folder a kind, in it one a subject. */
const ours = "var/lib/pulumi-nix";

/** The records of deployments on a host, read where the host's disk lies: also while it has no network or power. */
export class Records {
  private known = new Set<string>();

  constructor(private readonly host: Host) {}

  /** From now on only deployments count that begin after this. */
  forget(): void {
    this.known = new Set(this.folders());
  }

  /** Folders of the deployments that have begun since, as seen from here. */
  folders(): string[] {
    const root = this.host.path(ours);
    const subjects = children(root).flatMap((kind) => children(kind));
    return subjects
      .flatMap((subject) => children(join(subject, "deployments")))
      .filter((folder) => !this.known.has(folder) && existsSync(join(folder, "record")));
  }

  /** The value of a name in a record; the last one counts. */
  noted(folder: string, name: string): string | undefined {
    const lines = readIfThere(join(folder, "record")).split("\n");
    const found = lines.reverse().find((line) => line.startsWith(`${name} `));
    return found?.slice(name.length + 1);
  }

  /** Waits until a deployment is in that phase. */
  untilPhase(phase: string): Promise<string> {
    return until(`a deployment is ${phase}`, () =>
      this.folders().find((folder) => this.noted(folder, "phase") === phase),
    );
  }

  /** Waits until every deployment has come to an end. */
  untilEnded(): Promise<true> {
    return until("the deployments have ended", () => {
      const folders = this.folders();
      const done = folders.length > 0 && folders.every((folder) => this.noted(folder, "ended") !== undefined);
      return done || undefined;
    });
  }

  /** For people: all that was written. */
  told(): string {
    return this.folders()
      .map((folder) => `${readIfThere(join(folder, "record"))}\n--\n${readIfThere(join(folder, "log"))}`)
      .join("\n====\n");
  }
}

function children(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Without what is not there, or goes away at this moment. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
