import { join } from "node:path";
import type { Host, HostProcess, OpenOptions } from "../host/host";
import { loadProgram } from "../host/program";

const program = loadProgram(join(__dirname, "other-store.sh"));

/** The machine's Nix, working with another store: that of a URL, which no other user of the machine gets to know. */
export function withOtherStore(host: Host, name: string, url: string, cacheFolder: string): Host {
  const words = (argv: readonly string[]): string[] => [
    ...["sh", "-c", program.text, program.name],
    ...[cacheFolder, ...argv],
  ];
  return {
    name,
    user: host.user,
    canElevate: host.canElevate,
    run: (argv, options) =>
      host.run(words(argv), { ...options, shown: argv, input: `${url}\n${String(options.input ?? "")}` }),
    open: async (argv: readonly string[], options: OpenOptions): Promise<HostProcess> => {
      const process = await host.open(words(argv), { ...options, shown: argv });
      process.stdin.write(`${url}\n`);
      return process;
    },
  };
}
