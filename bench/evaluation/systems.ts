import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Host } from "../../provider/host/host";
import { evaluateAll } from "../../provider/nix/evaluate";
import { setEnvironment } from "../../test/fleet";
import { timed } from "../measure";
import { runName, scratchFolder } from "../scratch";
import { PeakMemory } from "./peak-memory";

export interface Taken {
  readonly seconds: number;
  readonly memory: PeakMemory;
}

/** What evaluating may take; what is not given is as it comes. */
export interface Limits {
  readonly workers?: number;
  /** MiB. */
  readonly memory?: number;
}

/** Of each system. */
export interface SystemSize {
  readonly modules: number;
  /** A multiple of 100. */
  readonly packages: number;
}

/** Systems of one file, evaluated in several ways. */
export class Systems {
  private readonly file: string;

  constructor(
    private readonly here: Host,
    { modules, packages }: SystemSize,
  ) {
    const owner = runName();
    const folder = join(scratchFolder(), "systems");
    cpSync(join(__dirname, "nix"), folder, { recursive: true });
    writeFileSync(join(folder, "run.nix"), `"${owner}"\n`);
    writeFileSync(join(folder, "size.nix"), `{ modules = ${modules}; packages = ${packages}; }\n`);
    this.file = join(folder, "systems.nix");
  }

  /** By ours, with nothing kept; then by ours again. */
  async ours(count: number, limits: Limits): Promise<{ first: Taken; second: Taken }> {
    const cache = mkdtempSync(join(scratchFolder(), "cache-"));
    const restore = setEnvironment({
      XDG_CACHE_HOME: cache,
      PULUMI_NIX_EVAL_WORKERS: String(limits.workers ?? ""),
      PULUMI_NIX_EVAL_MEMORY: String(limits.memory ?? ""),
    });
    try {
      return { first: await this.evaluate(count), second: await this.evaluate(count) };
    } finally {
      restore();
      rmSync(cache, { recursive: true });
    }
  }

  /** By one process of Nix's own command. */
  byHand(count: number): Promise<Taken> {
    return measured((watch) => this.instantiate(attributes(count), watch));
  }

  /** By one after another, each with a system. */
  oneByOne(count: number): Promise<Taken> {
    return measured(async (watch) => {
      for (const attribute of attributes(count)) await this.instantiate([attribute], watch);
    });
  }

  private evaluate(count: number): Promise<Taken> {
    const sources = attributes(count).map((attr) => ({ file: this.file, attr }));
    return measured(async (watch) => {
      const found = await evaluateAll(sources, watched(this.here, watch));
      for (const one of found) if (!one.ok) throw new Error(one.reason);
    });
  }

  private async instantiate(names: readonly string[], watch: PeakMemory["watch"]): Promise<void> {
    const chosen = names.flatMap((name) => ["-A", name]);
    await this.here.run(["nix-instantiate", this.file, ...chosen], {
      doing: "evaluating by hand",
      onStart: watch,
    });
  }
}

function attributes(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `host-${number}.config.system.build.drv`);
}

async function measured(work: (watch: PeakMemory["watch"]) => Promise<void>): Promise<Taken> {
  const memory = new PeakMemory();
  try {
    return { seconds: await timed(() => work(memory.watch)), memory };
  } finally {
    memory.stop();
  }
}

/** The same host, of which somebody is told what it starts. */
function watched(here: Host, watch: PeakMemory["watch"]): Host {
  return {
    name: here.name,
    user: here.user,
    canElevate: here.canElevate,
    open: (argv, options) => here.open(argv, options),
    run: (argv, options) =>
      here.run(argv, {
        ...options,
        onStart: (pid) => {
          watch(pid);
          options.onStart?.(pid);
        },
      }),
  };
}
