import { cpSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { output, run } from "../../test/fleet";
import { runName, scratchFolder } from "../scratch";

export interface PayloadSize {
  readonly paths: number;
  /** Of each path. */
  readonly kilobytes: number;
  /** Paths that are other ones in the second release. */
  readonly changing: number;
}

export const payloadSize: PayloadSize = { paths: 300, kilobytes: 200, changing: 15 };
export const smallPayload: PayloadSize = { paths: 20, kilobytes: 50, changing: 1 };

export type Release = "1" | "2";

/** What is deployed: two releases of a closure that nobody else has in his store. */
export class Payload {
  readonly name: string;

  constructor(
    owner: string,
    private readonly size: PayloadSize,
  ) {
    this.name = `${runName()}-${owner}`;
  }

  /** Builds both releases, so that what is measured later builds nothing. */
  async build(): Promise<void> {
    this.place();
    for (const release of ["1", "2"] as const) {
      const link = join(scratchFolder(), `${this.name}-${release}`);
      output("nix-build", await run(["nix-build", ...this.nixArguments(release), "--out-link", link]));
    }
  }

  /** Alone in its folder: what lies beside a Nix file counts as what it is made of. */
  place(): void {
    mkdirSync(dirname(this.file), { recursive: true });
    cpSync(join(__dirname, "payload.nix"), this.file);
  }

  get file(): string {
    return join(scratchFolder(), "payload", "payload.nix");
  }

  args(release: Release): Record<string, string | number> {
    return { name: this.name, release, ...this.size };
  }

  /** For nix-build. */
  nixArguments(release: Release): string[] {
    const args = Object.entries(this.args(release)).flatMap(([name, value]) =>
      typeof value === "string" ? ["--argstr", name, value] : ["--arg", name, String(value)],
    );
    return [this.file, ...args];
  }
}
