import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Outcome } from "../fleet";
import { checkout, output, run } from "../fleet/script";
import { programsIn } from "./readme";

/** A folder in which a user has installed the package with npm, beside the programs of this folder. */
export class InstalledPackage {
  private constructor(
    readonly folder: string,
    /** What the package holds, by path. */
    readonly files: readonly string[],
  ) {}

  static async create(): Promise<InstalledPackage> {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-package-"));
    const [packed] = JSON.parse(
      await npm(checkout, "pack", "--json", "--ignore-scripts", "--pack-destination", folder),
    ) as [{ files: { path: string }[]; filename: string }];
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    // Without scripts: what they would compile of ssh2 is optional, and costs a quarter of a minute.
    const flags = [
      "--omit=peer",
      "--ignore-scripts",
      "--prefer-offline",
      "--no-audit",
      "--no-fund",
      "--silent",
    ];
    await npm(folder, "install", ...flags, join(folder, packed.filename));
    linkPeers(join(folder, "node_modules"));
    cpSync(join(__dirname, "programs"), folder, { recursive: true });
    return new InstalledPackage(folder, packed.files.map(({ path }) => path).sort());
  }

  /** Runs a program of Node's and gives what it printed. */
  async node(file: string): Promise<string> {
    return output(file, await run(["env", "-C", this.folder, process.execPath, file]));
  }

  /** Runs a command of the installed packages; npx does not look elsewhere for it. */
  npx(...command: string[]): Promise<Outcome> {
    return run(["env", "-C", this.folder, "npx", "--no-install", ...command]);
  }

  /** The programs that its README shows, each in a file. */
  readmePrograms(): string[] {
    const readme = readFileSync(join(this.folder, "node_modules/pulumi-nix/README.md"), "utf8");
    return programsIn(readme).map((text, index) => {
      const file = `readme-${index + 1}.ts`;
      writeFileSync(join(this.folder, file), text);
      return file;
    });
  }

  /** Type-checks programs; `type` is what their package.json says. */
  compile(
    type: "commonjs" | "module",
    settings: object,
    files: readonly string[] = ["program.ts"],
  ): Promise<Outcome> {
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ private: true, type }));
    const compilerOptions = { strict: true, noEmit: true, target: "ES2022", types: ["node"], ...settings };
    writeFileSync(join(this.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    return run([join(checkout, "node_modules/.bin/tsc"), "-p", this.folder]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** What the program brings itself. */
function linkPeers(modules: string): void {
  mkdirSync(join(modules, "@types"), { recursive: true });
  for (const name of ["@pulumi", "@types/node"]) {
    symlinkSync(join(checkout, "node_modules", name), join(modules, name));
  }
}

async function npm(folder: string, ...args: string[]): Promise<string> {
  return output(`npm ${args.join(" ")}`, await run(["npm", "--prefix", folder, ...args]));
}
