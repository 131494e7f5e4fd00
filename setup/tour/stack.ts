import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { environment } from "../../test/fleet/environment";
import { checkout } from "../../test/fleet/script";
import { capture, shown } from "./command";
import { ofPreview, ofUpdate } from "./excerpt";
import { tell, tellCommand } from "./story";

/**
 * The project at the checkout's root, as a stack whose state and settings lie in a folder of the cache: the checkout
 * stays as it is.
 */
export class TourStack {
  readonly name: string;

  constructor(readonly folder: string) {
    this.name = `tour-${basename(folder)}`;
  }

  /** The settings' file is made where `stack init` runs: in a folder that has the same project file. */
  async init(): Promise<void> {
    mkdirSync(join(this.folder, "state"));
    copyFileSync(join(checkout, "Pulumi.yaml"), join(this.folder, "Pulumi.yaml"));
    await this.run(["-C", this.folder, "stack", "init", this.name, "--no-select"]);
  }

  async set(name: string, value: string): Promise<void> {
    await this.run(["config", "set", name, value]);
  }

  /** A secret goes by standard input. */
  async setSecretFrom(name: string, file: string): Promise<void> {
    const command = ["config", "set", "--secret", name];
    tellCommand(["pulumi", ...command], file);
    await this.capture(command, readFileSync(file, "utf8"));
  }

  async preview(): Promise<void> {
    tell(...ofPreview(await this.run(["preview", "--diff"])));
  }

  async up(): Promise<void> {
    tell(...ofUpdate(await this.run(["up", "--yes", "--skip-preview"])));
  }

  async destroy(): Promise<void> {
    tell(...ofUpdate(await this.run(["destroy", "--yes", "--skip-preview"])));
  }

  async output(name: string): Promise<string> {
    return (await this.capture(["stack", "output", name])).trim();
  }

  exists(): boolean {
    return existsSync(join(this.folder, "state/.pulumi/stacks"));
  }

  /**
   * Destroys what an interrupted run brought about. What was being made at that moment is not in the state; another
   * `up` brings it in.
   */
  async undo(): Promise<void> {
    await this.capture(["cancel", "--yes", this.name]).catch(() => undefined);
    await this.capture(["up", "--yes", "--skip-preview"]).catch(() => undefined);
    await this.capture(["destroy", "--yes", "--skip-preview"]);
  }

  /** A file to be read by the shell of somebody who goes on by hand, from any folder. */
  writeByHand(): string {
    const file = join(this.folder, "by-hand.sh");
    const exports = Object.entries(this.variables).map(([name, value]) => `export ${name}=${shown([value])}`);
    writeFileSync(file, [`cd ${shown([checkout])}`, ". setup/environment.sh", ...exports, ""].join("\n"));
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private run(args: readonly string[]): Promise<string> {
    tellCommand(["pulumi", ...args]);
    return this.capture(args);
  }

  private capture(args: readonly string[], input?: string): Promise<string> {
    // The examples are type-checked by `npm run check`; here it would cost a second each time.
    const env = { ...environment(), ...this.variables, TS_NODE_TRANSPILE_ONLY: "true" };
    return capture(["pulumi", ...args, "--non-interactive", "--color", "never"], { env, input });
  }

  private get variables(): Record<string, string> {
    return {
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_STACK: this.name,
      // What --config-file says, for every command.
      PULUMI_OPTION_CONFIG_FILE: join(this.folder, `Pulumi.${this.name}.yaml`),
    };
  }
}
