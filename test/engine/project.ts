import { spawn, type ChildProcess } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, type Outcome } from "../fleet";
import { checkout } from "../fleet/script";
import { compiled, withCompiledMain, withoutCompiler } from "./compiled";
import { byKeyServer, byPassphrase, type Encryption } from "./encryption";
import { StackFiles, type StateResource } from "./stack-files";

/** What a project is made of: an example of ours, or a program with the files that it reads. */
export interface ProjectFiles {
  readonly example?: string;
  /** The program; `pulumi` and `nix` are imported already. */
  readonly program?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** For figures: the program, an index.ts among the files, is run as users run theirs. */
  readonly isMeasured?: boolean;
  /** Its secrets are encrypted as those of most users of a file backend are; else the tests have the key. */
  readonly hasPassphrase?: boolean;
}

/**
 * Files of tests run at the same time, and what is kept on this machine of a build goes by project, stack and name
 * (docs/decisions/0004).
 */
export const projectName = `test-${process.pid}`;

const header = `import * as pulumi from "@pulumi/pulumi";\nimport * as nix from "pulumi-nix";\n`;

/** A Pulumi project in a folder of its own, run by the real engine with a state in that folder. */
export class Project {
  /** More variables for the engine. */
  variables: Readonly<Record<string, string>> = {};
  private stack: StackFiles;
  /** An example is run as users run it once, and compiled from then on. */
  private wasRun = false;

  private constructor(
    readonly folder: string,
    stack: string,
    private readonly encryption: Encryption,
    private readonly isMeasured: boolean,
  ) {
    this.stack = new StackFiles(folder, stack, encryption);
  }

  static async create(files: ProjectFiles, stack = "dev"): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-project-"));
    const { isMeasured = false, hasPassphrase = isMeasured } = files;
    const encryption = hasPassphrase ? byPassphrase : await byKeyServer();
    const project = new Project(folder, stack, encryption, isMeasured);
    project.lay(files);
    await project.stack.init();
    return project;
  }

  /** Makes a stack, and the one that everything is about from now on. */
  async initStack(name: string): Promise<void> {
    this.stack = new StackFiles(this.folder, name, this.encryption);
    await this.stack.init();
  }

  /** Replaces the program's files. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.folder, name), text);
      if (this.wasRun && name.endsWith(".ts")) this.compile(name);
    }
  }

  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  /** Replaces the program. */
  program(text: string): void {
    const whole = header + text;
    this.write(this.isCompiled ? { "index.js": compiled(whole) } : { "index.ts": whole });
  }

  configure(values: Readonly<Record<string, unknown>>): Promise<void> {
    return this.stack.configure(values);
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

  async pulumi(...args: string[]): Promise<Outcome> {
    const outcome = await this.start(args).outcome;
    if (outcome.code === 0 && ["preview", "up"].includes(args[0] as string)) this.compileExample();
    return outcome;
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

  /** What the program gives out, as long as it is no secret. */
  async output(name: string): Promise<string> {
    const stack = (await this.resources()).find(({ type }) => type === "pulumi:pulumi:Stack");
    return String(stack?.outputs?.[name]);
  }

  resources(): Promise<StateResource[]> {
    return this.stack.resources();
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
      PULUMI_STACK: this.stack.name,
      ...this.encryption.variables,
      XDG_CACHE_HOME: join(this.folder, "cache"),
      ...(!this.isMeasured && quickStart(checkout)),
      // The examples are type-checked once, with everything else.
      TS_NODE_TRANSPILE_ONLY: "true",
      ...this.variables,
    };
  }

  private get isCompiled(): boolean {
    return !existsSync(join(this.folder, "index.ts"));
  }

  private compileExample(): void {
    if (this.wasRun || this.isMeasured || this.isCompiled) return;
    this.wasRun = true;
    for (const name of readdirSync(this.folder)) if (name.endsWith(".ts")) this.compile(name);
    this.write({
      "Pulumi.yaml": withoutCompiler(this.read("Pulumi.yaml")),
      "package.json": withCompiledMain(this.read("package.json")),
    });
  }

  private compile(name: string): void {
    this.write({ [name.replace(/ts$/, "js")]: compiled(this.read(name)) });
  }

  private lay({ example, program, files = {} }: ProjectFiles): void {
    mkdirSync(join(this.folder, "state"));
    if (example !== undefined) cpSync(join(checkout, "examples", example), this.folder, { recursive: true });
    else this.write({ "Pulumi.yaml": "name: test\nruntime: nodejs\n", "package.json": "{}" });
    const { "index.ts": whole, ...others } = files;
    this.write(this.isMeasured || whole === undefined ? files : { ...others, "index.js": compiled(whole) });
    if (program !== undefined) this.program(program);
    const settings = this.read("Pulumi.yaml").replace(/^name: test$/m, `name: ${projectName}`);
    this.write({ "Pulumi.yaml": this.isCompiled ? withoutCompiler(settings) : settings });
    linkModules(this.folder);
  }
}

/** Variables with which the engine's processes start sooner, by where the checkout lies for them. */
export function quickStart(
  checkout: string,
): Record<"NODE_OPTIONS" | "NODE_EXTRA_CA_CERTS" | "GOGC", string> {
  return {
    NODE_OPTIONS: `--require "${join(checkout, "setup/test/quick-start.cjs")}"`,
    // Each node would read all of them at its start, and no server is asked that they are for.
    NODE_EXTRA_CA_CERTS: "",
    // In so short a life Go collects its garbage for a tenth of the time.
    GOGC: "400",
  };
}

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
