import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, type Outcome } from "../fleet";
import { checkout } from "../fleet/script";

/** What a project is made of: an example of ours, or a program with the files that it reads. */
export interface ProjectFiles {
  readonly example?: string;
  /** index.ts; `pulumi` and `nix` are imported already. */
  readonly program?: string;
  readonly files?: Readonly<Record<string, string>>;
}

/**
 * Files of tests run at the same time, and what is kept on this machine of a build goes by project, stack and name
 * (docs/decisions/0004).
 */
export const projectName = `test-${process.pid}`;

const header = `import * as pulumi from "@pulumi/pulumi";\nimport * as nix from "pulumi-nix";\n`;

/** A Pulumi project in a folder of its own, run by the real engine with a state in that folder. */
export class Project {
  private constructor(
    readonly folder: string,
    readonly stack: string,
  ) {}

  static async create(files: ProjectFiles, stack = "dev"): Promise<Project> {
    const project = new Project(mkdtempSync(join(tmpdir(), "pulumi-nix-project-")), stack);
    project.lay(files);
    await project.succeed("stack", "init", stack);
    return project;
  }

  /** Replaces the program's files. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(this.folder, name), text);
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  program(text: string): void {
    this.write({ "index.ts": header + text });
  }

  async configure(values: Readonly<Record<string, unknown>>): Promise<void> {
    const words = Object.entries(values).flatMap(([name, value]) => {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return ["--plaintext", `${name}=${text}`];
    });
    await this.succeed("config", "set-all", ...words);
  }

  /** A secret goes by standard input. */
  async configureSecret(name: string, value: string): Promise<void> {
    const outcome = await this.start(["config", "set", "--secret", name], value).outcome;
    if (outcome.code !== 0) throw new Error(outcome.stderr);
  }

  /** Runs the CLI and gives what it printed; throws when it fails. */
  async succeed(...args: string[]): Promise<string> {
    const outcome = await this.pulumi(...args);
    if (outcome.code === 0) return outcome.stdout;
    throw new Error(
      `pulumi ${args.join(" ")}: exit code ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`,
    );
  }

  /** Runs the CLI, expects a failure and gives all that it printed. */
  async fail(...args: string[]): Promise<string> {
    const outcome = await this.pulumi(...args);
    if (outcome.code !== 0) return outcome.stdout + outcome.stderr;
    throw new Error(`pulumi ${args.join(" ")} did not fail\n${outcome.stdout}`);
  }

  pulumi(...args: string[]): Promise<Outcome> {
    return this.start(args).outcome;
  }

  /** Starts the CLI and hands out the process, for tests that end it. */
  start(args: readonly string[], input = ""): { process: ChildProcess; outcome: Promise<Outcome> } {
    const child = spawn("pulumi", [...args, "--non-interactive", "--color", "never"], {
      cwd: this.folder,
      env: this.environment(),
    });
    child.stdin.end(input);
    return { process: child, outcome: collect(child) };
  }

  up(...args: string[]): Promise<string> {
    return this.succeed("up", "--yes", "--skip-preview", ...args);
  }

  preview(...args: string[]): Promise<string> {
    return this.succeed("preview", "--diff", ...args);
  }

  /** The outputs of a resource, by the end of its URN, as the state holds them. */
  async outputs(name: string): Promise<Record<string, unknown>> {
    const found = (await this.resources()).find(({ urn }) => urn.endsWith(name));
    if (found === undefined) throw new Error(`there is no ${name} in the state`);
    return found.outputs ?? {};
  }

  async resources(): Promise<StateResource[]> {
    const exported = JSON.parse(await this.succeed("stack", "export")) as {
      deployment: { resources?: StateResource[] };
    };
    return exported.deployment.resources ?? [];
  }

  /** Removes the folder, and the roots that builds left on this machine if they were not destroyed. */
  async remove(): Promise<void> {
    const ids = (await this.resources().catch(() => [])).filter(({ type }) => type.endsWith("nix:NixBuild"));
    for (const { id } of ids)
      if (id) rmSync(join("/var/lib/pulumi-nix/roots", id), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  environment(): Record<string, string> {
    return {
      ...environment(),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      XDG_CACHE_HOME: join(this.folder, "cache"),
      // The examples are type-checked once, with everything else.
      TS_NODE_TRANSPILE_ONLY: "true",
    };
  }

  private lay({ example, program, files }: ProjectFiles): void {
    mkdirSync(join(this.folder, "state"));
    if (example !== undefined) cpSync(join(checkout, "examples", example), this.folder, { recursive: true });
    else
      this.write({
        "Pulumi.yaml": "name: test\nruntime: nodejs\n",
        "tsconfig.json": tsconfig,
        "package.json": "{}",
      });
    if (program !== undefined) this.program(program);
    this.write(files ?? {});
    this.write({ "Pulumi.yaml": this.read("Pulumi.yaml").replace(/^name: test$/m, `name: ${projectName}`) });
    linkModules(this.folder);
  }
}

export interface StateResource {
  urn: string;
  id?: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
}

const tsconfig = JSON.stringify({
  compilerOptions: {
    target: "ES2022",
    module: "nodenext",
    moduleResolution: "nodenext",
    esModuleInterop: true,
    skipLibCheck: true,
  },
});

/** The packed package as users get it, and everything else from this checkout. */
function linkModules(folder: string): void {
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  symlinkSync(join(checkout, "examples/node_modules/pulumi-nix"), join(modules, "pulumi-nix"));
  for (const name of ["@pulumi", "@types", "typescript", "ts-node"]) {
    symlinkSync(join(checkout, "node_modules", name), join(modules, name));
  }
}

function collect(child: ChildProcess): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }));
  });
}
