import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import type { Encryption } from "./encryption";

export interface StateResource {
  urn: string;
  id?: string;
  type: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  initErrors?: string[];
  /** Where it stands in the program. */
  sourcePosition?: string;
}

interface Settings {
  config?: Record<string, unknown>;
  [name: string]: unknown;
}

/**
 * A stack's settings and its state in a file backend, read and written as the CLI does: each start of the CLI takes a
 * second of a processor.
 */
export class StackFiles {
  constructor(
    private readonly folder: string,
    readonly name: string,
    private readonly encryption: Encryption,
  ) {}

  /** What `stack init` does. */
  async init(): Promise<void> {
    const file = await this.stateFile();
    const { name } = await this.project();
    const checkpoint = { stack: `organization/${name}/${this.name}`, latest: null };
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ version: 3, checkpoint }));
    await this.change((settings) => ({ ...this.encryption.settings, ...settings }));
  }

  /** What `config set-all --plaintext` does. */
  async configure(values: Readonly<Record<string, unknown>>): Promise<void> {
    const { name: project } = await this.project();
    const texts = Object.entries(values).map(([name, value]) => [
      name.includes(":") ? name : `${project}:${name}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    await this.change(({ config, ...settings }) => ({
      ...settings,
      config: { ...config, ...(Object.fromEntries(texts) as object) },
    }));
  }

  /** What `stack export` shows. */
  async resources(): Promise<StateResource[]> {
    const { checkpoint } = JSON.parse(await readFile(await this.stateFile(), "utf8")) as {
      checkpoint: { latest: { resources?: StateResource[] } | null };
    };
    return checkpoint.latest?.resources ?? [];
  }

  private async change(edit: (settings: Settings) => Settings): Promise<void> {
    const file = join(this.folder, `Pulumi.${this.name}.yaml`);
    const settings = (parse(await readFile(file, "utf8").catch(() => "")) ?? {}) as Settings;
    await writeFile(file, stringify(edit(settings)));
  }

  private async stateFile(): Promise<string> {
    const { name } = await this.project();
    return join(this.folder, "state/.pulumi/stacks", name, `${this.name}.json`);
  }

  private async project(): Promise<{ name: string }> {
    return parse(await readFile(join(this.folder, "Pulumi.yaml"), "utf8")) as { name: string };
  }
}
