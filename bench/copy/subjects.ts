import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { environment, output, run } from "../../test/fleet";
import { addressOf, sshWords, type Place, type Target } from "../fleet-run/place";
import { timed } from "../measure";
import type { Closure } from "./closures";
import { Driver, type Copied } from "./driver";

/** One way to bring a closure to some machines at once. Gives seconds. */
export interface Subject {
  readonly name: string;
  copy(closure: Closure, place: Place): Promise<number>;
  end?(): Promise<void>;
}

/** What all are measured by: the same bytes, taken by a process that throws them away. */
export const rawSsh = bytesInto("raw ssh", "cat >/dev/null");

/** The least that bringing the bytes into a store costs: one command that reads them from a file, and asks nothing. */
export const rawImport = bytesInto("raw ssh into nix-store --import", "nix-store --import >/dev/null");

function bytesInto(name: string, command: string): Subject {
  const argv = (closure: Closure, target: Target, place: Place): string[] => {
    const ssh = ["ssh", ...sshWords(target, place), addressOf(target)];
    return ["sh", "-c", 'exec "$@" <"$0"', closure.file, ...ssh, command];
  };
  return { name, copy: (closure, place) => toEach(place, (target) => argv(closure, target, place)) };
}

export const others: readonly Subject[] = [
  nix("nix-copy-closure", (at, path) => ["nix-copy-closure", "--to", at, path]),
  nix("nix copy ssh://", (at, path) => [...nixCopy, "--to", `ssh://${at}`, path]),
  nix("nix copy ssh-ng://", (at, path) => [...nixCopy, "--to", `ssh-ng://${at}`, path]),
];

const nixCopy = ["nix", "--extra-experimental-features", "nix-command", "copy", "--no-check-sigs"];

function nix(name: string, argv: (at: string, path: string) => string[]): Subject {
  return {
    name,
    copy: (closure, place) =>
      toEach(
        place,
        (target) => argv(addressOf(target), closure.path),
        (target) => ({ NIX_SSHOPTS: sshWords(target, place).join(" ") }),
      ),
  };
}

/** Ours in a process that has logged in already, as all but the first copies of a run are. */
export class OverOpenConnection implements Subject {
  last: Copied | undefined;
  private readonly driver: Driver;

  constructor(
    readonly name = "pulumi-nix",
    options: readonly string[] = [],
  ) {
    this.driver = new Driver(options);
  }

  async copy(closure: Closure, { targets }: Place): Promise<number> {
    this.last = await this.driver.copy(
      targets.map(({ connection }) => connection),
      closure.path,
    );
    return this.last.seconds;
  }

  end(): Promise<void> {
    return this.driver.end();
  }
}

/** As where npm found no compiler for the part of ssh2 that is not JavaScript. */
export function withoutNativePart(): OverOpenConnection {
  return new OverOpenConnection("pulumi-nix, ssh2 without its native part", ["--without-native"]);
}

/** Whether npm has built ssh2's native part here. */
export function hasNativePart(): boolean {
  return existsSync(join(dirname(require.resolve("ssh2")), "protocol/crypto/build/Release/sshcrypto.node"));
}

/** Ours with a process and logins of its own, as the others. */
export const fromColdProcess: Subject = {
  name: "pulumi-nix, new process and login",
  copy: (closure, place) =>
    timed(async () => {
      const subject = new OverOpenConnection();
      await subject.copy(closure, place);
      await subject.end();
    }),
};

function toEach(
  place: Place,
  argv: (target: Target) => string[],
  variables: (target: Target) => Record<string, string> = () => ({}),
): Promise<number> {
  const one = async (target: Target): Promise<unknown> => {
    const command = argv(target);
    return output(
      command.join(" "),
      await run(command, { environment: { ...environment(), ...variables(target) } }),
    );
  };
  return timed(() => Promise.all(place.targets.map(one)));
}
