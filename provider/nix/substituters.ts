import { z } from "zod";
import { DeploymentError, TimeoutError } from "../errors";
import type { Host } from "../host/host";
import type { StorePath } from "../values";
import { pathInfos, type PathInfo, type PathInfos } from "./path-info";

const configSchema = z.object({ substituters: z.object({ value: z.array(z.string()) }) });

/**
 * What the substituters know of paths and all that they refer to, without fetching anything. What none of them tells
 * within so many seconds is left out.
 */
export async function infosElsewhere(
  host: Host,
  paths: readonly StorePath[],
  args: readonly string[],
  timeout: number,
): Promise<PathInfos> {
  const found = new Map<StorePath, PathInfo>();
  const deadline = performance.now() + timeout * 1000;
  for (const store of paths.length === 0 ? [] : await substituters(host, args)) {
    const ask: Ask = async (some) => {
      const left = (deadline - performance.now()) / 1000;
      return left > 0 ? pathInfos(host, some, { store, timeout: left }) : new Map();
    };
    const open = paths.filter((path) => !found.has(path));
    for (const infos of await together(open, ask)) for (const [path, info] of infos) found.set(path, info);
  }
  return found;
}

type Ask = (some: readonly StorePath[]) => Promise<PathInfos>;

/** All in one process; where that fails because a path is not in that store, one half after the other. */
async function together(paths: readonly StorePath[], ask: Ask): Promise<PathInfos[]> {
  try {
    return [await ask(paths)];
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    if (error instanceof TimeoutError || paths.length < 2) return [];
    const half = Math.ceil(paths.length / 2);
    return [...(await together(paths.slice(0, half), ask)), ...(await together(paths.slice(half), ask))];
  }
}

// With the number of words that follow each.
const settings: Readonly<Record<string, number>> = {
  "--option": 2,
  "--substituters": 1,
  "--extra-substituters": 1,
};

// A password there would stand among a process's arguments, which every user of the machine can read. SSH takes none.
const namesUser = /^(?!ssh(-ng)?:)[^:]*:\/\/.*@/;

/** Of the arguments for building, those that say who is asked: `nix show-config` refuses others. */
function settingsIn(args: readonly string[]): string[] {
  return args.flatMap((word, at) => args.slice(at, at + 1 + (settings[word] ?? -1)));
}

async function substituters(host: Host, args: readonly string[]): Promise<string[]> {
  const argv = ["nix", "--extra-experimental-features", "nix-command", "show-config", "--json"];
  const { stdout } = await host.run([...argv, ...settingsIn(args)], {
    doing: "asking Nix for its substituters",
    timeout: 60,
  });
  try {
    return configSchema.parse(JSON.parse(stdout)).substituters.value.filter((url) => !namesUser.test(url));
  } catch {
    return []; // Then nobody is asked what it has.
  }
}
